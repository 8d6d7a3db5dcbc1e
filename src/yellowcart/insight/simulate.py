"""What a notice would do, before it does it: over past days, for a draft or for a published notice.

Nothing is written and nothing is kept: a simulation is a handful of statements, asked anew every time.
"""

from datetime import date, datetime

from yellowcart.insight import simulation_sums as sums
from yellowcart.insight.assumptions import read_assumptions
from yellowcart.insight.errors import NoticeUnknown, SourceOfNoticeUnknown
from yellowcart.insight.rules import share
from yellowcart.insight.simulation_model import (
    Coverage,
    Dependence,
    Figures,
    Group,
    HitPair,
    PairFigures,
    Proposal,
    ProposalState,
    Simulation,
)
from yellowcart.insight.simulation_rules import counted, fee_of, hit_pairs, outcomes, simulation_window
from yellowcart.insight.simulation_sums import DependenceRow, RolledUp
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import DraftId
from yellowcart.links import queries as notices
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.errors import RulesCollide
from yellowcart.links.model import OWN_SOURCE, Change, DraftState
from yellowcart.links.preview import preview
from yellowcart.links.rules import Timeline
from yellowcart.links.store import PublishedNotice

_WHOLE, _PAIR, _SURFACE, _SOURCE, _CATEGORY = 7, 1, 3, 5, 6
"""`RolledUp.level` of each grouping."""


async def proposal_of_draft(reader: Reader, draft_id: DraftId) -> Proposal:
    """A draft, to be simulated; the notice that it became where it was published. Raises NotFound."""
    draft = await notices.draft(reader, draft_id)
    if draft.state is DraftState.PUBLISHED:
        return await proposal_of_notice(reader, draft.code)
    return _drafted(draft)


async def proposal_of_notice(reader: Reader, code: str) -> Proposal:
    """A published notice, to be simulated. Raises NotFound."""
    return _published(await notices.notice(reader, code))


async def proposal_by_code(reader: Reader, code: str) -> Proposal:
    """The notice with a code, or else the draft. Raises NoticeUnknown."""
    try:
        return await proposal_of_notice(reader, code)
    except NotFound:
        draft = await notices.draft_by_code(reader, code)
    if draft is None:
        raise NoticeUnknown
    return _drafted(draft)


async def simulate(
    reader: Reader, proposal: Proposal, *, begins: date | None = None, ends: date | None = None
) -> Simulation:
    """What the notice would do, over the days from `begins` to the day before `ends` (`simulation_window` says
    which where they are missing), as of now.

    Raises SimulationWindowWrong, RulesCollide for a notice that cannot stand beside the others, and
    SourceOfNoticeUnknown.
    """
    now = clock.now()
    window = simulation_window(begins, ends, now, proposal.notice.effective_at)
    changes, is_late = await changes_of(reader, proposal, now)
    pairs = hit_pairs(changes)
    asked = counted(pairs)
    covered = await sums.coverage(reader, [each.source for each in asked], window, now) if asked else []
    heard = [each.source for each in covered]
    rows = await sums.rolled_up(reader, asked, window, now, heard) if asked else []
    creators = await sums.dependence(reader, asked, window, now, heard) if asked else []
    assumptions = await read_assumptions(reader)
    total = next((_figures(row) for row in rows if row.level == _WHOLE), Figures())
    return Simulation(
        proposal=proposal,
        window=window,
        as_of=now,
        changes=changes,
        is_late=is_late and proposal.is_draft,
        total=total,
        pairs=_pairs(pairs, rows, covered),
        by_surface=[Group(key=row.surface, figures=_figures(row)) for row in rows if row.level == _SURFACE],
        by_source=[Group(key=row.source, figures=_figures(row)) for row in rows if row.level == _SOURCE],
        by_category=[
            Group(key=None if row.category_id is None else str(row.category_id), figures=_figures(row))
            for row in rows
            if row.level == _CATEGORY and (row.goods or row.jump_outs or row.reported_fen or row.own_fen)
        ],
        categories=await sums.category_names(reader),
        creators=[_dependence(row) for row in creators],
        creator_count=creators[0].creator_count if creators else 0,
        spread=creators[0].spread if creators else [0] * 10,
        coverage=covered,
        unheard=sorted({each.source for each in asked} - {OWN_SOURCE, *heard}),
        assumptions=assumptions,
        outcomes=outcomes(total, assumptions),
    )


async def changes_of(reader: Reader, proposal: Proposal, now: datetime) -> tuple[tuple[Change, ...], bool]:
    """The steps that the notice brings to the timeline, whether it is published, withdrawn or still a draft; and
    whether a step would lie in the past. Raises RulesCollide, SourceOfNoticeUnknown."""
    timeline = await notices.read_timeline(reader)
    published = await notices.read_notices(reader)
    notice = proposal.notice
    # What it expanded to when it was enacted: a source that came later was not meant.
    sources = {rule.source for rule in timeline.rules if rule.notice_id == notice.id}
    if not sources:
        sources = {each.source for each in await notices.read_sources(reader)}
    try:
        found = preview(_without(timeline, proposal, published), notice, sources, now, notices.codes_of(published))
    except ValueError as error:
        raise SourceOfNoticeUnknown from error
    if found.collisions:
        raise RulesCollide(found.collisions)
    return found.changes, bool(found.late)


def _without(timeline: Timeline, proposal: Proposal, published: list[PublishedNotice]) -> Timeline:
    """The timeline as if the notice had never been there, nor what took its place when it was withdrawn."""
    timeline = timeline.without_notice(proposal.notice.id)
    for each in published:
        if each.notice.replaces_notice_id == proposal.notice.id:
            timeline = timeline.without_notice(each.notice.id)
    return timeline


def _drafted(draft: NoticeDraft) -> Proposal:
    return Proposal(
        code=draft.code,
        title=draft.content.title.worded(draft.code),
        state=ProposalState.DROPPED if draft.state is DraftState.DISCARDED else ProposalState.DRAFTED,
        notice=draft.as_notice(),
        is_draft=True,
    )


def _published(published: PublishedNotice) -> Proposal:
    notice = published.notice
    begins_at = min(
        (line.effective_at or notice.effective_at for line in notice.lines), default=notice.effective_at
    )
    state = ProposalState.COMING if begins_at > clock.now() else ProposalState.BEGUN
    return Proposal(
        code=published.code,
        title=published.title,
        state=ProposalState.DROPPED if published.withdrawal is not None else state,
        notice=notice,
        is_draft=False,
    )


def _figures(row: RolledUp) -> Figures:
    """A row with what nobody reported as unknown, and without own GMV where nothing own is touched."""
    return Figures(
        goods=row.goods,
        listings=row.listings,
        open_goods=row.open_goods,
        open_listings=row.open_listings,
        creators=row.creators,
        jump_outs=row.jump_outs,
        tapped_fen=row.tapped_fen,
        unpriced_jump_outs=row.unpriced_jump_outs,
        reported_fen=row.reported_fen if row.is_heard else None,
        own_fen=row.own_fen if row.has_own else None,
        twinned_goods=row.twinned_goods,
        cut_goods=row.cut_goods,
        cut_jump_outs=row.cut_jump_outs,
        cut_reported_fen=row.cut_reported_fen if row.cut_is_heard else None,
        cut_own_fen=row.cut_own_fen if row.cut_has_own else None,
        cut_twinned_goods=row.cut_twinned_goods,
        cut_twinned_jump_outs=row.cut_twinned_jump_outs,
        cut_twinned_fen=row.cut_twinned_fen if row.cut_is_heard else None,
    )


def _pairs(pairs: list[HitPair], rows: list[RolledUp], covered: list[Coverage]) -> list[PairFigures]:
    of_pair = {(row.surface, row.source): _figures(row) for row in rows if row.level == _PAIR}
    heard = {each.source for each in covered}
    measured = {each.pair for each in counted(pairs)}
    found = []
    for hit in pairs:
        # Nothing stood there, and that is known; what was sold there is known where its network has reported.
        nothing = Figures(
            reported_fen=0 if hit.source in heard else None, own_fen=0 if hit.source == OWN_SOURCE else None
        )
        figures = of_pair.get(hit.pair, nothing) if hit.pair in measured else None
        found.append(PairFigures(hit=hit, figures=figures, fee_fen=fee_of(hit, figures)))
    return found


def _dependence(row: DependenceRow) -> Dependence:
    known = None if row.reported_fen is None else row.reported_fen + row.own_fen
    return Dependence(
        creator_id=row.creator_id,
        name=row.name,
        name_en=row.name_en,
        surface=row.surface,
        hit_goods=row.hit_goods,
        all_goods=row.all_goods,
        share_basis_points=share(row.hit_goods, row.all_goods) or 0,
        by_source=row.by_source,
        open_listings=row.open_listings,
        jump_outs=row.jump_outs,
        cut_reported_fen=row.cut_reported_fen if row.is_heard else None,
        gmv_share_basis_points=None if known is None else share(row.cut_reported_fen, known),
    )
