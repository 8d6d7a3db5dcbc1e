"""The table of moves: every state, action, actor and kind is tried, and the whole of it makes sense."""

from itertools import product

import pytest

from yellowcart.aftersales.deadlines import DEFAULTS_S, Deadline
from yellowcart.aftersales.errors import ActionImpossible
from yellowcart.aftersales.machine import MOVES, OPEN, deadline_of, find_move, next_state
from yellowcart.aftersales.model import (
    DECIDED,
    ENDED,
    FOR_BUYER_TO_ACT,
    FOR_SELLER_TO_ACT,
    IN_ARBITRATION,
    Action,
    Actor,
    CaseState,
)
from yellowcart.aftersales.reasons import COMES_BACK, LEAVES_AGAIN, CaseKind

Place = tuple[CaseState, CaseKind, bool]
"""A state of a case of a kind, and whether the goods are back."""

BEGIN = CaseState.AWAITING_SELLER


def _steps_from(place: Place) -> set[tuple[Action, Actor, Place]]:
    """Every move from a place. Goods are back from SEND_BACK on, until the carrier gives them to the buyer again;
    an accepted offer may change the kind."""
    state, kind, back = place
    found: set[tuple[Action, Actor, Place]] = set()
    for action, actor in product(Action, Actor):
        kinds = [kind]
        if action is Action.ACCEPT_OFFER:
            kinds = [each for each in CaseKind if each is not CaseKind.REFUND_UNSHIPPED]
        for new_kind in kinds:
            move = find_move(state, action, actor, new_kind, goods_back=back)
            if move is not None:
                there = action is Action.SEND_BACK or (back and action is not Action.RETURN_GIVEN_BACK)
                found.add((action, actor, (move.after, new_kind, there)))
    return found


def _reachable() -> set[Place]:
    seen: set[Place] = {(BEGIN, kind, False) for kind in CaseKind}
    waiting = list(seen)
    while waiting:
        for _, _, place in _steps_from(waiting.pop()):
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return seen


PLACES = sorted(_reachable())


@pytest.mark.parametrize(("state", "action"), list(product(CaseState, Action)), ids=str)
def test_at_most_one_move_fits_whoever_acts_and_whatever_the_kind(state: CaseState, action: Action) -> None:
    for actor, kind, goods_back in product(Actor, CaseKind, (False, True)):
        fitting = [
            move
            for move in MOVES
            if move.state is state
            and move.action is action
            and actor in move.actors
            and move.fits(kind, goods_back=goods_back)
        ]
        assert len(fitting) <= 1, (kind, goods_back)
        found = find_move(state, action, actor, kind, goods_back=goods_back)
        assert found == (fitting[0] if fitting else None)
        if found is None:
            with pytest.raises(ActionImpossible):
                next_state(state, action, actor, kind, goods_back=goods_back)
        else:
            assert next_state(state, action, actor, kind, goods_back=goods_back) is found.after


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_leaves_an_end(state: CaseState) -> None:
    assert [move for move in MOVES if move.state is state] == []


def test_a_decided_case_is_moved_by_the_gateway_alone() -> None:
    assert {(move.action, move.actors) for move in MOVES if move.state is CaseState.REFUNDING} == {
        (Action.REFUND_CARRIED_OUT, frozenset({Actor.SYSTEM}))
    }


def test_every_state_is_reached_and_every_action_is_taken_somewhere() -> None:
    assert {state for state, _, _ in PLACES} == set(CaseState)
    assert {move.action for move in MOVES} == set(Action) - {Action.OPEN}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_whoever_is_waited_for_can_do_something(place: Place) -> None:
    state, _, _ = place
    who_moves = {actor for action, actor, after in _steps_from(place) if after[0] is not state}
    if state in FOR_SELLER_TO_ACT:
        assert Actor.SELLER in who_moves
    if state in FOR_BUYER_TO_ACT:
        assert Actor.BUYER in who_moves
    if state is CaseState.ARBITRATION:
        assert Actor.PLATFORM in who_moves
    if state not in ENDED:
        assert who_moves


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_open_state_has_a_clock_and_a_default_but_the_platforms_own(place: Place) -> None:
    state, kind, _ = place
    deadline = deadline_of(state, kind)
    assert (deadline is None) is (state in DECIDED)
    defaults = {after for action, _, after in _steps_from(place) if action is Action.TIME_OUT}
    assert len(defaults) == (1 if state in OPEN - {CaseState.ARBITRATION} else 0)


def _end_by_silence(place: Place) -> set[CaseState]:
    """Where a case comes to rest when nobody does anything any more."""
    state, kind, back = place
    for _ in range(len(CaseState)):
        move = find_move(state, Action.TIME_OUT, Actor.SYSTEM, kind, goods_back=back)
        if move is None:
            break
        state = move.after
    return {state}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_silence_of_the_shop_is_for_the_buyer_and_silence_of_the_buyer_closes(place: Place) -> None:
    state, _, back = place
    moves = {after[0] for action, _, after in _steps_from(place) if action is Action.TIME_OUT}
    if state in FOR_SELLER_TO_ACT - IN_ARBITRATION:
        assert moves.isdisjoint({CaseState.WITHDRAWN, CaseState.REFUSED, CaseState.CLOSED})
    if state in {CaseState.AWAITING_BUYER, CaseState.AWAITING_RETURN} and not back:
        assert moves == {CaseState.WITHDRAWN}
    if state is CaseState.AWAITING_BUYER and back:
        assert moves == {CaseState.ARBITRATION}, "never closed while the shop has goods and money"


@pytest.mark.parametrize("place", [place for place in PLACES if place[0] not in ENDED], ids=str)
def test_silence_never_goes_in_a_circle(place: Place) -> None:
    (end,) = _end_by_silence(place)
    assert end in DECIDED | {CaseState.ARBITRATION}


def test_no_shop_can_say_no_before_anything_has_left() -> None:
    sellers = {
        move.action
        for move in MOVES
        if Actor.SELLER in move.actors and move.state is BEGIN and CaseKind.REFUND_UNSHIPPED in move.kinds
    }
    assert sellers == {Action.AGREE, Action.ADD_EVIDENCE}


def test_nobody_gives_up_goods_that_are_on_their_way_back() -> None:
    assert all(move.goods_back is False for move in MOVES if move.action is Action.WITHDRAW)


def test_goods_that_the_buyer_has_again_are_waited_for_and_paid_for_by_no_time() -> None:
    (move,) = [each for each in MOVES if each.action is Action.RETURN_GIVEN_BACK]
    assert (move.state, move.after) == (CaseState.AWAITING_INSPECTION, CaseState.AWAITING_RETURN)
    assert move.actors == {Actor.SYSTEM}
    assert move.kinds == COMES_BACK
    for kind in COMES_BACK:
        assert (CaseState.AWAITING_RETURN, kind, True) not in PLACES
        assert _end_by_silence((move.after, kind, False)) == {CaseState.WITHDRAWN}


def test_only_the_platform_decides_and_only_when_it_was_called() -> None:
    verdicts = {
        Action.DECIDE_FOR_BUYER,
        Action.DECIDE_FOR_SELLER,
        Action.DECIDE_SPLIT,
        Action.DEMAND_OF_BUYER,
        Action.DEMAND_OF_SELLER,
    }
    for move in MOVES:
        if move.action in verdicts:
            assert move.actors == {Actor.PLATFORM}
            assert move.state is CaseState.ARBITRATION
        if Actor.PLATFORM in move.actors:
            assert move.action in verdicts | {Action.CLOSE}


def test_goods_travel_only_where_they_were_asked_back_and_leave_only_where_promised() -> None:
    for state, kind, _ in PLACES:
        if state in {CaseState.AWAITING_RETURN, CaseState.AWAITING_INSPECTION}:
            assert kind in COMES_BACK
        if state in {CaseState.AWAITING_REPLACEMENT, CaseState.AWAITING_RECEIPT}:
            assert kind in LEAVES_AGAIN


def test_deadlines_are_those_of_the_field() -> None:
    hours = {each: seconds // 3_600 for each, seconds in DEFAULTS_S.items()}
    assert set(hours) == set(Deadline)
    assert hours[Deadline.SELLER_ANSWERS_UNSHIPPED] == 24
    assert hours[Deadline.SELLER_ANSWERS_SHIPPED] == 36
    assert hours[Deadline.SELLER_ANSWERS_RETURN] == 36
    assert hours[Deadline.SELLER_INSPECTS] == 48
    assert deadline_of(BEGIN, CaseKind.REFUND_UNSHIPPED) is Deadline.SELLER_ANSWERS_UNSHIPPED
    assert deadline_of(BEGIN, CaseKind.REFUND_ONLY) is Deadline.SELLER_ANSWERS_SHIPPED
    assert deadline_of(BEGIN, CaseKind.RETURN_REFUND) is Deadline.SELLER_ANSWERS_RETURN
    inspection = CaseState.AWAITING_INSPECTION
    assert deadline_of(inspection, CaseKind.EXCHANGE) is Deadline.RETURN_TRAVELS
    assert deadline_of(inspection, CaseKind.EXCHANGE, delivered=True) is Deadline.SELLER_INSPECTS
