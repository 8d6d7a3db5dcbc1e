"""What creators are told of link rules: when their listings left, stay for the room only, or get new terms.

One message for each creator and moment of a notice, however many listings and carts it touched. Sentences are
worded in both languages when they are sent; a paragraph that has nothing to say is left out.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from yellowcart.accounts.inbox import NewMessage, in_both, post_messages
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import CreatorId, NoticeId, PersonId
from yellowcart.kernel.translation import N_, Locale
from yellowcart.links.model import OWN_SOURCE, Action, Pair, Verdict
from yellowcart.links.store import PublishedNotice, read_notices, read_sources
from yellowcart.links.wording import SURFACE_WORDS
from yellowcart.stage.model import Listing, Room
from yellowcart.stage.rule_effects import CreatorEffects, Effects, ItemKey
from yellowcart.stage.twins import Twin, best_twins

ENFORCED = "rule.enforced"
NEW_TERMS = "rule.terms"
ROOM_OVER = "rule.grace_ended"
KEYS_AT_ONCE = 1_000

BothTexts = dict[str, str]
"""A text for each language."""

ENDS = ".\N{IDEOGRAPHIC FULL STOP}"
NOTHING: BothTexts = {}
PARAGRAPHS = "%(left)s\n%(kept)s\n%(terms)s\n%(why)s\n%(advice)s\n%(twin)s"


class Told:
    """What sentences need to know: names of sources, and the notice that they speak of."""

    def __init__(self, published: PublishedNotice, sources: Mapping[str, BothTexts]) -> None:
        self.published = published
        self.sources = sources

    @property
    def link(self) -> str:
        """The creator's listings that the notice touches."""
        return f"/creator/listings?notice={self.published.code}"

    def title(self) -> BothTexts:
        """The notice's title."""
        return {each.value: self.published.title.in_language(each.value) for each in Locale}

    def why(self) -> BothTexts:
        """Which notice, and its reason."""
        notice = self.published.notice
        return in_both(
            N_("Why: notice “%(notice)s”. %(reason)s."),
            notice=self.title(),
            reason={each.value: notice.reason.in_language(each.value).rstrip(ENDS) for each in Locale},
        )

    def places(self, pairs: Iterable[Pair]) -> BothTexts:
        """Sources with the surfaces they stand on: `Taobao Union (live room carts, video carts)`."""
        of_source: dict[str, list[BothTexts]] = {}
        for surface, source in sorted(pairs, key=lambda pair: (pair[1], pair[0])):
            of_source.setdefault(source, []).append(in_both(SURFACE_WORDS[surface]))
        return listed(
            [
                in_both(
                    N_("%(source)s (%(surfaces)s)"),
                    source=self.sources.get(source, {each.value: source for each in Locale}),
                    surfaces=listed(surfaces),
                )
                for source, surfaces in of_source.items()
            ]
        )


async def read_told(reader: Reader, notice_id: NoticeId) -> Told | None:
    """What there is to know of a notice; None where there is no such notice."""
    sources = {
        source.source: {Locale.CHINESE.value: source.name_zh, Locale.ENGLISH.value: source.name_en}
        for source in await read_sources(reader)
    }
    for published in await read_notices(reader):
        if published.notice.id == notice_id:
            return Told(published, sources)
    return None


async def tell_of_effects(
    writer: Writer,
    notice_id: NoticeId,
    effective_at: datetime,
    judged: Mapping[Pair, Verdict],
    everybody: Sequence[CreatorEffects],
) -> None:
    """Tell every creator what a notice did to their carts at a moment; repeating it tells nobody twice."""
    told = await read_told(writer, notice_id) if everybody else None
    if told is None:
        return
    persons = await persons_of(writer, [share.creator_id for share in everybody])
    twins = await _twins_of(writer, everybody)
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=persons[share.creator_id],
                kind=ENFORCED if share.left else NEW_TERMS,
                occasion=occasion_of(notice_id, effective_at),
                title=N_("Taken off your carts by a link rule: %(count)s")
                if share.left
                else N_("New terms for products in your carts: %(count)s"),
                body=PARAGRAPHS,
                parts={
                    "count": share.left.total() or (share.kept + share.on_terms).total(),
                    "left": _left(told, share, effective_at),
                    "kept": _kept(told, share.kept),
                    "terms": _terms(told, share.on_terms, judged, effective_at),
                    "why": told.why(),
                    "advice": _advice(share.left, judged),
                    "twin": twin_text([twins[item] for item in sorted(share.items) if item in twins]),
                },
                link=told.link,
            )
            for share in everybody
            if share.left or share.kept or share.on_terms
        ],
    )


async def tell_of_room_over(
    writer: Writer, person_id: PersonId, room: Room, notice_id: NoticeId, gone: Sequence[Listing]
) -> None:
    """Tell the creator of a room that ended which of its listings a notice's grace had kept there."""
    told = await read_told(writer, notice_id)
    if told is None or not gone:
        return
    effects = Effects()
    effects.note_left(gone)
    (share,) = effects.everybody()
    twins = await best_twins(writer, share.items)
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=person_id,
                kind=ROOM_OVER,
                occasion=f"room:{room.room_id}:notice:{notice_id}",
                title=N_("Your room ended, and with it the grace of a link rule: %(count)s"),
                body="%(left)s\n%(why)s\n%(advice)s\n%(twin)s",
                parts={
                    "count": len(gone),
                    "left": in_both(
                        N_("With the end of “%(room)s” these left its cart: %(titles)s; %(count)s in all."),
                        room=in_names(room.title, room.title_en),
                        titles=_titles(share),
                        count=len(gone),
                    ),
                    "why": told.why(),
                    "advice": in_both(ADVICE_REFUSED),
                    "twin": twin_text(list(twins.values())),
                },
                link=told.link,
            )
        ],
    )


async def persons_of(reader: Reader, creator_ids: Collection[CreatorId]) -> dict[CreatorId, PersonId]:
    """Who the creators are."""
    rows = await reader.records(
        "SELECT creator_id, person_id FROM creator WHERE creator_id = ANY(%(ids)s)", ids=list(creator_ids)
    )
    return {CreatorId(row["creator_id"]): PersonId(row["person_id"]) for row in rows}


def occasion_of(notice_id: NoticeId, moment: datetime) -> str:
    """The occasion of what begins by a notice at a moment."""
    return f"notice:{notice_id}:{moment.astimezone(SHANGHAI).isoformat(timespec='minutes')}"


def listed(texts: Sequence[BothTexts]) -> BothTexts:
    """Several things one after another, as each language strings them."""
    commas = {Locale.CHINESE: "\N{IDEOGRAPHIC COMMA}", Locale.ENGLISH: ", "}
    return {each.value: commas[each].join(text[each.value] for text in texts) for each in Locale}


def lines(texts: Iterable[BothTexts]) -> BothTexts:
    """Several sentences, each a paragraph."""
    sentences = list(texts)
    return {each.value: "\n".join(sentence[each.value] for sentence in sentences) for each in Locale}


def in_names(chinese: str, english: str) -> BothTexts:
    """A thing that people named in both languages, or in Chinese only."""
    return {Locale.CHINESE.value: chinese, Locale.ENGLISH.value: english or chinese}


def moment_text(moment: datetime) -> str:
    """A moment as messages write it, in Beijing time."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def percent_text(basis_points: int) -> str:
    """Basis points as percent, without needless zeros: 1250 is `12.5 %`."""
    return f"{basis_points // 100}.{basis_points % 100:02d}".rstrip("0").rstrip(".") + " %"


ADVICE_REFUSED = N_(
    "What to do: list the same goods of an own shop. Orders that were placed before are not touched."
)
ADVICE_CHANNEL = N_("What to do: place the product as a task of %(channel)s and put it back with its task number.")


def _left(told: Told, share: CreatorEffects, effective_at: datetime) -> BothTexts:
    if not share.left:
        return NOTHING
    return in_both(
        N_("Off your carts since %(since)s: %(titles)s; %(count)s in all, from %(places)s."),
        since=moment_text(effective_at),
        titles=_titles(share),
        count=share.left.total(),
        places=told.places(share.left),
    )


def _titles(share: CreatorEffects) -> BothTexts:
    named = listed([in_both(N_("“%(title)s”"), title=in_names(*titles)) for titles in share.titles])
    more = share.left.total() > len(share.titles)
    return in_both(N_("%(titles)s and others"), titles=named) if more else named


def _kept(told: Told, kept: Counter[Pair]) -> BothTexts:
    if not kept:
        return NOTHING
    return in_both(
        N_(
            "%(count)s products of %(places)s stay in rooms that were on air until these end;"
            " nothing of the source can be added."
        ),
        count=kept.total(),
        places=told.places(kept),
    )


FEE_BEGINS = N_(
    "Since %(since)s the platform takes a fee of %(fee)s of what is sold: %(count)s products of %(places)s."
)
CHANNEL_BEGINS = N_(
    "Since %(since)s only tasks of %(channel)s may be listed: %(count)s products of %(places)s stay in your carts."
)


def _terms(
    told: Told, on_terms: Counter[Pair], judged: Mapping[Pair, Verdict], effective_at: datetime
) -> BothTexts:
    """One sentence for each fee and each channel that begins."""
    groups: dict[tuple[int | None, str | None], Counter[Pair]] = {}
    for pair, count in on_terms.items():
        groups.setdefault((judged[pair].fee_basis_points, judged[pair].channel), Counter())[pair] = count
    return lines(
        in_both(
            FEE_BEGINS if channel is None else CHANNEL_BEGINS,
            since=moment_text(effective_at),
            fee=percent_text(fee or 0),
            channel=channel or "",
            count=pairs.total(),
            places=told.places(pairs),
        )
        for (fee, channel), pairs in groups.items()
    )


def _advice(left: Counter[Pair], judged: Mapping[Pair, Verdict]) -> BothTexts:
    channels = sorted(
        {judged[pair].channel or "" for pair in left if judged[pair].action is Action.REQUIRE_CHANNEL}
    )
    sentences = [in_both(ADVICE_CHANNEL, channel=channel) for channel in channels]
    if any(judged[pair].action is Action.REFUSE and pair[1] != OWN_SOURCE for pair in left):
        sentences.append(in_both(ADVICE_REFUSED))
    return lines(sentences)


async def _twins_of(reader: Reader, everybody: Sequence[CreatorEffects]) -> dict[ItemKey, Twin]:
    items = sorted({item for share in everybody for item in share.items})
    found: dict[ItemKey, Twin] = {}
    for begin in range(0, len(items), KEYS_AT_ONCE):
        found |= await best_twins(reader, items[begin : begin + KEYS_AT_ONCE])
    return found


def twin_text(twins: Sequence[Twin]) -> BothTexts:
    """That own shops sell the same thing, and the best match; nothing where they do not."""
    if not twins:
        return NOTHING
    best = max(twins, key=lambda twin: (twin.score_basis_points, -twin.product_id))
    return in_both(
        N_("Own shops sell the same thing as %(count)s of them; the best match: “%(title)s” of %(shop)s."),
        count=len(twins),
        title=in_names(best.title, best.title_en),
        shop=in_names(best.shop_name, best.shop_name_en),
    )
