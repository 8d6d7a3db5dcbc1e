"""Which rule is in force, what a verdict says, and what is refused at the door."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tests.unit.links.notation import moment, notices, terms, timeline
from yellowcart.links.model import (
    Action,
    LinkRule,
    NoticeLine,
    SourceScope,
    Surface,
    Terms,
    Verdict,
    VerdictReason,
    Wording,
)
from yellowcart.links.rules import (
    RulesConflict,
    Timeline,
    changes_between,
    conflicts,
    expand,
    rule_in_force,
    shanghai_midnight,
    too_late,
    verdict,
)

LIVE, VIDEO = Surface.LIVE_CART, Surface.VIDEO_CART
TICK = timedelta(microseconds=1)

BOARD = """
2020-01-01 | *         | *            | allow
2020-08-20 | live_cart | taobao_union | fee 2000
2020-09-06 | live_cart | taobao_union | channel 巨量星图
2020-10-09 | live_cart | taobao_union | refuse
"""


def board() -> Timeline:
    return timeline(BOARD, ("taobao_union", "jd_union"))


def rule(day: str, source: str = "taobao_union", surface: Surface = LIVE, what: str = "refuse") -> LinkRule:
    demanded = terms(what)
    return LinkRule(
        surface=surface,
        source=source,
        effective_at=moment(day),
        action=demanded.action,
        fee_basis_points=demanded.fee_basis_points,
        channel=demanded.channel,
        notice_id=1,
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (moment("2020-01-01") - TICK, "refuse"),
        (moment("2020-01-01"), "allow"),
        (moment("2020-08-20") - TICK, "allow"),
        (moment("2020-08-20"), "fee 2000"),
        (moment("2020-09-06") - TICK, "fee 2000"),
        (moment("2020-09-06"), "channel 巨量星图"),
        (moment("2020-10-09") - TICK, "channel 巨量星图"),
        (moment("2020-10-09"), "refuse"),
        (moment("2099-01-01"), "refuse"),
    ],
)
def test_a_rule_holds_from_its_moment_until_the_next_of_its_pair(at: datetime, expected: str) -> None:
    assert verdict(board(), LIVE, "taobao_union", at).terms == terms(expected)


def test_own_goods_are_allowed_and_outside_goods_refused_where_no_rule_speaks() -> None:
    own = verdict(Timeline(), LIVE, "own", moment("2020-01-01"))
    outside = verdict(Timeline(), LIVE, "somebody_new", moment("2020-01-01"))
    assert (own.admits, own.reason, own.rule, own.since) == (True, VerdictReason.OWN_BY_DEFAULT, None, None)
    assert (outside.admits, outside.reason, outside.rule) == (False, VerdictReason.NOT_ADMITTED, None)


def test_a_rule_can_refuse_even_the_platforms_own_goods() -> None:
    assert not verdict(Timeline([rule("2020-01-01", "own")]), LIVE, "own", moment("2020-01-02")).admits


def test_a_verdict_names_its_rule_its_notice_since_when_and_what_comes_next() -> None:
    told = verdict(board(), LIVE, "taobao_union", moment("2020-08-25"))
    assert told.rule is not None
    assert told.notice is not None
    assert told.next_change is not None
    assert told.next_change.notice is not None
    assert told.notice.text.zh == "公告 2020-08-20"
    assert told.since == moment("2020-08-20")
    assert told.fee_basis_points == 2000
    assert (told.next_change.at, told.next_change.action) == (moment("2020-09-06"), Action.REQUIRE_CHANNEL)
    assert told.next_change.notice.text.zh == "公告 2020-09-06"


def test_the_next_change_passes_over_rules_that_repeat_the_present() -> None:
    repeated = board().with_rules([rule("2020-05-01", what="allow")])
    told = verdict(repeated, LIVE, "taobao_union", moment("2020-03-01"))
    assert told.next_change is not None
    assert told.next_change.at == moment("2020-08-20")
    assert verdict(repeated, LIVE, "taobao_union", moment("2020-06-01")).since == moment("2020-05-01")


def test_a_verdict_without_anything_to_come_has_no_next_change() -> None:
    assert verdict(board(), LIVE, "taobao_union", moment("2020-10-09")).next_change is None
    assert verdict(board(), VIDEO, "taobao_union", moment("2020-10-09")).next_change is None


def test_rule_in_force_agrees_with_the_verdict_whatever_the_order() -> None:
    told = board()
    for day in ("2019-12-31", "2020-01-01", "2020-08-30", "2020-12-01"):
        found = rule_in_force(reversed(told.rules), LIVE, "taobao_union", moment(day))
        assert found == verdict(told, LIVE, "taobao_union", moment(day)).rule


def test_changes_open_at_the_start_and_close_at_the_end() -> None:
    told = board()
    first, last = moment("2020-08-20"), moment("2020-10-09")
    assert [change.at for change in changes_between(told, first, last)] == [moment("2020-09-06"), last]
    assert [change.at for change in changes_between(told, first - TICK, last - TICK)] == [
        first,
        moment("2020-09-06"),
    ]
    assert changes_between(told, last, last) == ()
    assert changes_between(told, last, first) == ()


def test_only_the_step_from_admitted_to_refused_is_a_cut() -> None:
    steps = changes_between(board(), moment("2020-01-02"), moment("2021-01-01"))
    assert [(change.after.action, change.is_cut) for change in steps] == [
        (Action.ALLOW_WITH_FEE, False),
        (Action.REQUIRE_CHANNEL, False),
        (Action.REFUSE, True),
    ]


def test_what_is_refused_and_admitted_again_is_two_steps() -> None:
    told = board().with_rules([rule("2020-11-01", what="allow")])
    assert len(changes_between(told, moment("2020-02-01"), moment("2021-01-01"))) == 4


def test_two_rules_of_one_pair_at_one_moment_conflict_even_if_they_agree() -> None:
    one = rule("2020-01-01")
    tied = ((one.pair, moment("2020-01-01")),)
    assert conflicts([one, one]) == tied
    assert conflicts([one], [rule("2020-01-01", what="allow")]) == tied
    assert conflicts([one], [rule("2020-01-02"), rule("2020-01-01", "jd_union")]) == ()
    with pytest.raises(RulesConflict, match="live_cart/taobao_union"):
        Timeline([one, rule("2020-01-01", what="allow")])


def test_only_rules_that_begin_before_their_enactment_are_too_late() -> None:
    rules = [rule("2020-01-01"), rule("2020-01-02"), rule("2020-01-03")]
    assert too_late(rules, moment("2020-01-02")) == (rules[0],)


def test_wildcards_become_pairs_and_never_reach_the_platforms_own_goods() -> None:
    (notice,) = notices("2020-01-01 | * | * | refuse")
    pairs = {found.pair for found in expand(notice, ("own", "a", "b"))}
    assert pairs == {(surface, source) for surface in Surface for source in ("a", "b")}


def test_every_source_means_the_platforms_own_too() -> None:
    (notice,) = notices("2020-01-01 | live_cart | own | allow")
    line = NoticeLine(action=Action.REFUSE, sources=SourceScope.EVERY, surfaces=(LIVE,))
    every = expand(msgspec.structs.replace(notice, lines=(line,)), ("a",))
    assert {found.source for found in every} == {"a", "own"}


def test_a_line_may_begin_at_its_own_moment() -> None:
    (notice,) = notices("2020-01-01 | live_cart | own | allow")
    line = NoticeLine(action=Action.REFUSE, sources=("a",), surfaces=(LIVE,), effective_at=moment("2020-02-01"))
    (found,) = expand(msgspec.structs.replace(notice, lines=(line,)), ("a",))
    assert found.effective_at == moment("2020-02-01")


def test_a_line_that_names_an_unknown_source_is_refused() -> None:
    (notice,) = notices("2020-01-01 | live_cart | taobao_onion | refuse")
    with pytest.raises(ValueError, match="taobao_onion"):
        expand(notice, ("taobao_union",))


def test_a_wildcard_beside_a_named_pair_is_a_conflict_not_a_precedence() -> None:
    (notice,) = notices("2020-01-01 | live_cart | * | refuse\n2020-01-01 | live_cart | a | allow")
    assert conflicts(expand(notice, ("a", "b"))) == (((LIVE, "a"), moment("2020-01-01")),)


@pytest.mark.parametrize(
    ("action", "fee", "channel"),
    [
        (Action.ALLOW, 100, None),
        (Action.REFUSE, 100, None),
        (Action.REQUIRE_CHANNEL, 100, "x"),
        (Action.ALLOW_WITH_FEE, None, None),
        (Action.ALLOW_WITH_FEE, 0, None),
        (Action.ALLOW_WITH_FEE, 10_001, None),
        (Action.ALLOW_WITH_FEE, 100, "x"),
        (Action.ALLOW, None, "x"),
        (Action.REQUIRE_CHANNEL, None, None),
        (Action.REQUIRE_CHANNEL, None, "  "),
    ],
)
def test_terms_that_make_no_sense_cannot_be_built(action: Action, fee: int | None, channel: str | None) -> None:
    with pytest.raises(ValueError, match=r"fee|channel"):
        Terms(action, fee, channel)
    with pytest.raises(ValueError, match=r"fee|channel"):
        LinkRule(
            surface=LIVE,
            source="a",
            effective_at=moment("2020-01-01"),
            action=action,
            fee_basis_points=fee,
            channel=channel,
            notice_id=1,
        )


def test_times_without_a_zone_are_refused_everywhere() -> None:
    naive = datetime(2020, 1, 1)
    with pytest.raises(ValueError, match="zone"):
        LinkRule(surface=LIVE, source="a", effective_at=naive, action=Action.ALLOW, notice_id=1)
    with pytest.raises(ValueError, match="zone"):
        verdict(board(), LIVE, "a", naive)
    with pytest.raises(ValueError, match="zone"):
        changes_between(board(), naive, moment("2020-01-01"))
    with pytest.raises(ValueError, match="zone"):
        too_late([], naive)


def test_a_verdict_by_rule_must_carry_the_rule() -> None:
    with pytest.raises(ValueError, match="names its rule"):
        Verdict(surface=LIVE, source="a", terms=Terms(Action.ALLOW), reason=VerdictReason.RULE)


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    assert shanghai_midnight(date(2022, 3, 1)) == datetime(2022, 2, 28, 16, tzinfo=UTC)


def test_a_wording_falls_back_to_the_language_it_has() -> None:
    assert Wording(zh="断链").in_language("en") == "断链"
    assert Wording(zh="断链", en="cut").in_language("zh_CN") == "断链"
    assert Wording(zh="断链", en="cut").in_language("en") == "cut"
    with pytest.raises(ValueError, match="one language"):
        Wording(zh=" ")
