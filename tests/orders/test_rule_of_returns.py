"""Which rule of returns binds a buyer."""

import pytest

from yellowcart.catalog.model import ReturnRule
from yellowcart.orders.rules import NEED_ACCEPTANCE, binding_rule


@pytest.mark.parametrize("rule", sorted(ReturnRule))
def test_only_who_agreed_is_bound_by_what_needs_agreement(rule: ReturnRule) -> None:
    assert binding_rule(rule, accepted=True) is rule
    expected = ReturnRule.NO_REASON if rule in NEED_ACCEPTANCE else rule
    assert binding_rule(rule, accepted=False) is expected
