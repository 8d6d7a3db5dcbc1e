"""Which cases a shop may agree to many at once."""

import pytest

from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.aftersales.rules import is_simple


@pytest.mark.parametrize("kind", CaseKind)
def test_what_comes_back_needs_to_be_told_where_to(kind: CaseKind) -> None:
    comes_back = kind in {CaseKind.RETURN_REFUND, CaseKind.EXCHANGE}
    assert is_simple(CaseState.AWAITING_SELLER, kind, has_address=True)
    assert is_simple(CaseState.AWAITING_SELLER, kind, has_address=False) is not comes_back


@pytest.mark.parametrize("state", [state for state in CaseState if state is not CaseState.AWAITING_SELLER])
def test_what_does_not_wait_for_the_shops_answer_is_not_simple(state: CaseState) -> None:
    assert not is_simple(state, CaseKind.REFUND_ONLY, has_address=True)
