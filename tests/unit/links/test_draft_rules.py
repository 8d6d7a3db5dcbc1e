"""What may be written in a draft, what it still needs, and who may do what with it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import DraftId, PersonId
from yellowcart.links import draft_rules as rules
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.errors import DraftMoveImpossible, DraftOfAnother, DraftStale, OwnDraft
from yellowcart.links.model import Action, DraftState, NoticeLine, SourceScope, Surface

SOURCES = ("own", "taobao_union", "pinduoduo")
EFFECT = datetime(2022, 3, 10, tzinfo=UTC)
WORDS = Bilingual("公告", "Notice")
ME, YOU = PersonId(1), PersonId(2)


def content(**changes: object) -> DraftContent:
    whole = DraftContent(
        code="a-notice",
        issuer=WORDS,
        title=WORDS,
        text=WORDS,
        reason=WORDS,
        effective_at=EFFECT,
        lines=(NoticeLine(action=Action.REFUSE, sources=("pinduoduo",)),),
    )
    return msgspec.structs.replace(whole, **changes)


def draft(state: DraftState = DraftState.DRAFT) -> NoticeDraft:
    return NoticeDraft(
        draft_id=DraftId(7),
        content=content(),
        state=state,
        version=3,
        drafted_by=ME,
        drafter_name="小青",
        created_at=EFFECT,
        updated_at=EFFECT,
    )


def line(**changes: object) -> NoticeLine:
    return msgspec.structs.replace(NoticeLine(action=Action.REFUSE, sources=("pinduoduo",)), **changes)


def test_a_whole_notice_has_no_problem_and_misses_nothing() -> None:
    assert rules.problems_of(content(), SOURCES) == {}
    assert rules.missing_in(content()) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "Großes"}, "code"),
        ({"code": "two--hyphens"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": "new"}, "code"),
        ({"code": "x" * 61}, "code"),
        ({"title": Bilingual("长" * 121)}, "title_zh"),
        ({"text": Bilingual(en="x" * 5_001)}, "text_en"),
        ({"reason": Bilingual("零\0")}, "reason_zh"),
        ({"issuer": Bilingual("\ud800")}, "issuer_zh"),
        ({"title": Bilingual(en="Two\nlines")}, "title_en"),
        ({"text": Bilingual("响铃\a")}, "text_zh"),
        ({"effective_at": datetime(1, 1, 1, tzinfo=UTC)}, "effective_at"),
        ({"effective_at": datetime(2100, 1, 1, tzinfo=UTC)}, "effective_at"),
        ({"announced_at": EFFECT + timedelta(seconds=1)}, "announced_at"),
        ({"lines": (line(),) * 41}, "lines"),
        ({"lines": (line(sources=("nobody",)),)}, "lines.0.sources"),
        ({"lines": (line(), line(effective_at=EFFECT - timedelta(seconds=1)))}, "lines.1.effective_at"),
        ({"lines": (line(effective_at=datetime(2200, 1, 1, tzinfo=UTC)),)}, "lines.0.effective_at"),
        ({"lines": (line(action=Action.REQUIRE_CHANNEL, channel="x" * 61),)}, "lines.0.channel"),
        ({"lines": (line(action=Action.REQUIRE_CHANNEL, channel="星\n图"),)}, "lines.0.channel"),
    ],
)
def test_what_is_ill_formed_is_told_at_its_field(changes: dict[str, object], field: str) -> None:
    assert list(rules.problems_of(content(**changes), SOURCES)) == [field]


def test_a_text_has_paragraphs_and_the_spaces_of_both_languages() -> None:
    written = content(text=Bilingual("　　第一段。\n\n\t第二段\u00a0。"), title=Bilingual("标　题"))
    assert rules.problems_of(written, SOURCES) == {}


@pytest.mark.parametrize("code", ["2022-03", "a", "kuaishou-2022-03-01-2"])
def test_codes_that_an_address_can_carry(code: str) -> None:
    assert rules.problems_of(content(code=code), SOURCES) == {}


@pytest.mark.parametrize(
    ("action", "fee", "channel", "problems"),
    [
        (Action.ALLOW, None, None, set()),
        (Action.ALLOW, 5, None, {"fee"}),
        (Action.ALLOW_WITH_FEE, 1, None, set()),
        (Action.ALLOW_WITH_FEE, 10_000, None, set()),
        (Action.ALLOW_WITH_FEE, 0, None, {"fee"}),
        (Action.ALLOW_WITH_FEE, 10_001, None, {"fee"}),
        (Action.ALLOW_WITH_FEE, None, "星图", {"fee", "channel"}),
        (Action.REQUIRE_CHANNEL, None, "星图", set()),
        (Action.REQUIRE_CHANNEL, None, "  ", {"channel"}),
        (Action.REQUIRE_CHANNEL, None, None, {"channel"}),
    ],
)
def test_a_fee_is_a_hundredth_to_a_hundred_percent_and_a_channel_has_a_name(
    action: Action, fee: int | None, channel: str | None, problems: set[str]
) -> None:
    found = rules.line_problems(
        action,
        sources=SourceScope.THIRD_PARTY,
        surfaces=None,
        fee_basis_points=fee,
        channel=channel,
        known_sources=SOURCES,
    )
    assert set(found) == problems


def test_a_line_names_surfaces_and_sources_that_are_there() -> None:
    found = rules.line_problems(
        Action.REFUSE, sources=(), surfaces=(), fee_basis_points=None, channel=None, known_sources=SOURCES
    )
    assert set(found) == {"sources", "surfaces"}
    assert not rules.line_problems(
        Action.REFUSE,
        sources=("own",),
        surfaces=(Surface.LIVE_CART,),
        fee_basis_points=None,
        channel=None,
        known_sources=SOURCES,
    )


@pytest.mark.parametrize(
    ("issuer", "taken", "code"),
    [
        (Bilingual("快手", "Kuaishou E-commerce!"), (), "kuaishou-e-commerce-2022-03-10"),
        (Bilingual("快手"), (), "notice-2022-03-10"),
        (Bilingual(en="Ünser Haus"), (), "nser-haus-2022-03-10"),
        (Bilingual("快手"), ("notice-2022-03-10", "notice-2022-03-10-2"), "notice-2022-03-10-3"),
        (Bilingual(en="x" * 60), (), "x" * 40 + "-2022-03-10"),
    ],
)
def test_a_code_is_proposed_of_issuer_and_day_and_is_well_formed(
    issuer: Bilingual, taken: tuple[str, ...], code: str
) -> None:
    proposed = rules.propose_code(issuer, datetime(2022, 3, 9, 16, tzinfo=UTC), taken)
    assert proposed == code
    assert rules.problems_of(content(code=proposed), SOURCES) == {}


def test_a_timer_needs_some_minutes_and_tells_no_seconds() -> None:
    lead = rules.SCHEDULE_LEAD
    assert rules.leaves_time_for_the_timer(content())
    assert rules.leaves_time_for_the_timer(content(announced_at=EFFECT - lead))
    assert not rules.leaves_time_for_the_timer(content(announced_at=EFFECT - lead + timedelta(seconds=1)))
    assert rules.announcement(EFFECT, EFFECT + timedelta(minutes=1)) == EFFECT
    late = EFFECT + timedelta(minutes=1, seconds=1)
    assert rules.announcement(EFFECT, late) == late
    assert rules.announcement(None, late) == late
    assert rules.announcement(late, EFFECT) == EFFECT, "a plan that lies ahead is not told"


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (lambda: rules.require_drafter(draft(), YOU), DraftOfAnother),
        (lambda: rules.require_second(draft(), ME), OwnDraft),
        (lambda: rules.require_version(draft(), 2), DraftStale),
        (lambda: rules.require_move(draft(), DraftState.PUBLISHED), DraftMoveImpossible),
        (lambda: rules.require_move(draft(DraftState.DISCARDED), DraftState.DRAFT), DraftMoveImpossible),
    ],
)
def test_who_and_what_does_not_fit_is_refused(asked: object, refusal: type[Refusal]) -> None:
    assert callable(asked)
    with pytest.raises(refusal):
        asked()


def test_a_draft_without_words_can_be_judged_all_the_same() -> None:
    bare = DraftContent(code="bare", effective_at=EFFECT)
    judged = msgspec.structs.replace(draft(), content=bare).as_notice()
    assert (judged.id, judged.issuer.zh, judged.reason.en, judged.lines) == (7, "bare", "bare", ())
    assert judged.announced_at == EFFECT
