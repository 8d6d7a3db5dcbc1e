"""A buyer token speaks for one person until it expires, and for nobody when a bit of it was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.accounts.buyer_tokens import TOKEN_LIFE, BuyerTokens
from yellowcart.accounts.errors import TokenExpired, TokenInvalid
from yellowcart.kernel import clock
from yellowcart.kernel.ids import LARGEST_ID, PersonId

TOKENS = BuyerTokens("a secret for tests, long enough to sign with")
people = st.integers(min_value=1, max_value=LARGEST_ID).map(PersonId)


def machine_seconds() -> float:
    """The machine's now, as the order lane asks for it."""
    return clock.system_now().timestamp()


@given(people)
def test_a_token_speaks_for_its_person_until_it_expires(person_id: PersonId) -> None:
    token = TOKENS.make(person_id)
    known, expires_at = TOKENS.check(token, machine_seconds())
    assert known == person_id
    assert abs(expires_at - machine_seconds() - TOKEN_LIFE.total_seconds()) < 5
    assert TOKENS.check(token, expires_at - 1)[0] == person_id
    with pytest.raises(TokenExpired):
        TOKENS.check(token, expires_at)


@given(people, st.data())
def test_a_changed_token_speaks_for_nobody_else(person_id: PersonId, data: st.DataObject) -> None:
    token = TOKENS.make(person_id)
    place = data.draw(st.integers(min_value=0, max_value=len(token) - 1))
    character = data.draw(st.characters() | st.sampled_from("ABCDwxyz0189-_.="))
    changed = token[:place] + character + token[place + 1 :]
    try:
        known, expires_at = TOKENS.check(changed, machine_seconds())
    except TokenInvalid:
        return
    # The last character of each part has bits that mean nothing; what is signed is the same then.
    assert (known, expires_at) == TOKENS.check(token, machine_seconds())


@given(people, st.integers(min_value=0, max_value=65))
def test_a_truncated_token_is_none(person_id: PersonId, length: int) -> None:
    with pytest.raises(TokenInvalid):
        TOKENS.check(TOKENS.make(person_id)[:length], machine_seconds())


@given(st.text(max_size=80) | st.text(min_size=66, max_size=66))
def test_any_text_is_no_token(text: str) -> None:
    with pytest.raises(TokenInvalid):
        TOKENS.check(text, machine_seconds())


@given(people, people)
def test_the_payload_of_one_token_under_the_signature_of_another_is_none(one: PersonId, other: PersonId) -> None:
    if one == other:
        return
    with pytest.raises(TokenInvalid):
        TOKENS.check(f"{TOKENS.make(one)[:22]}.{TOKENS.make(other)[23:]}", machine_seconds())


@given(people, st.text(min_size=1))
def test_a_token_of_another_installation_is_none(person_id: PersonId, secret: str) -> None:
    foreign = BuyerTokens(f"another {secret}").make(person_id)
    with pytest.raises(TokenInvalid):
        TOKENS.check(foreign, machine_seconds())


def test_a_demo_worlds_leap_expires_no_token(still_clock: clock.Clock) -> None:
    token = TOKENS.make(PersonId(7))
    still_clock.freeze(clock.system_now() + 10 * TOKEN_LIFE)
    assert TOKENS.check(token, machine_seconds())[0] == 7
