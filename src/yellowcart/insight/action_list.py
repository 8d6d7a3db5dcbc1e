"""The list to act on: every creator's goods that a notice touches, with what is known of them and their twin."""

from collections.abc import Iterator
from typing import Final

import msgspec

from yellowcart.insight.simulation_model import ACTIONS_MAX, ActionLine, Effect, Simulation, Twinning
from yellowcart.insight.simulation_rules import counted
from yellowcart.insight.simulation_sums import FACTS, places
from yellowcart.kernel.database import Reader
from yellowcart.kernel.file_writing import Cell, Column, Kind
from yellowcart.kernel.ids import CreatorId, ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, encode_cursor
from yellowcart.kernel.translation import N_, Locale, in_language, translate
from yellowcart.links.model import OWN_SOURCE, Surface
from yellowcart.links.wording import SURFACE_NAMES

SORTS: Final = {
    "title": "title",
    "creator": "creator_name",
    "source": "source",
    "carts": "open_listings",
    "price": "price_fen",
    "jumps": "jump_outs",
    "gmv": "reported_fen",
    "twin": "score_basis_points",
}
"""What the list can be sorted by, as the address of the page names it, with a minus before for falling order."""
SORT_DEFAULT: Final = "-gmv"

EFFECT_WORDS: dict[Effect, str] = {
    Effect.CUT: N_("will be refused"),
    Effect.CHANNEL: N_("needs a channel task"),
    Effect.FEE: N_("will cost a fee"),
    Effect.EASED: N_("is admitted or eased"),
}

_LINES = f"""
{FACTS}, latest AS MATERIALIZED (
    SELECT DISTINCT ON (creator_id, source, item_key)
           creator_id, source, item_key, title, title_en, url, price_fen
    FROM carted
    ORDER BY creator_id, source, item_key, listing_id DESC
), line AS (
    SELECT creator_id, source, item_key,
           array_agg(DISTINCT surface) AS surfaces,
           (array_agg(effect ORDER BY array_position(ARRAY['cut', 'channel', 'fee'], effect)))[1] AS effect,
           sum(listings)::bigint AS listings, sum(open_listings)::bigint AS open_listings,
           sum(jump_outs)::bigint AS jump_outs, sum(reported_fen)::bigint AS reported_fen,
           sum(own_fen)::bigint AS own_fen
    FROM fact
    GROUP BY creator_id, source, item_key
), listed AS (
    SELECT line.creator_id, creator.name AS creator_name, creator.name_en AS creator_name_en,
           line.source, line.item_key, coalesce(latest.title, '') AS title,
           coalesce(latest.title_en, '') AS title_en, latest.url, latest.price_fen,
           line.effect, line.surfaces, line.listings, line.open_listings, line.jump_outs,
           CASE WHEN line.source = ANY(%(heard)s) THEN line.reported_fen END AS reported_fen,
           CASE WHEN line.source = '{OWN_SOURCE}' THEN line.own_fen END AS own_fen,
           twinned.shop_id AS twin_shop_id, twinned.product_id AS twin_product_id, twinned.title AS twin_title,
           twinned.title_en AS twin_title_en, twinned.score_basis_points
    FROM line
    JOIN creator USING (creator_id)
    LEFT JOIN latest USING (creator_id, source, item_key)
    LEFT JOIN twinned ON twinned.source = line.source AND twinned.item_key = line.item_key
        AND NOT EXISTS (
            SELECT FROM twin_dismissal AS unwanted
            WHERE unwanted.creator_id = line.creator_id AND unwanted.source = line.source
              AND unwanted.item_key = line.item_key AND unwanted.shop_id = twinned.shop_id
              AND unwanted.product_id = twinned.product_id
        )
)
SELECT * FROM listed
"""  # noqa: S608 - nothing of a request is formatted in

# Falling order ends with what is not known; among equals most is to be done where viewers leave most.
_ORDERS: Final = {
    sign + name: f"ORDER BY {column} {direction} NULLS LAST, jump_outs DESC, open_listings DESC, creator_id,"
    " source, item_key LIMIT %(limit)s OFFSET %(skipped)s"
    for name, column in SORTS.items()
    for sign, direction in (("", "ASC"), ("-", "DESC"))
}


async def action_page(
    reader: Reader,
    found: Simulation,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ActionLine]:
    """One page of the list, sorted by one of SORTS; by reported GMV, falling, for anything else. The list ends
    after ACTIONS_MAX lines. Raises CursorBroken."""
    (skipped,) = decode_cursor(cursor, tuple[int], (0,))
    skipped = min(max(skipped, 0), ACTIONS_MAX)
    limit = min(bounded_size(size), ACTIONS_MAX - skipped)
    lines = await _read(reader, found, sort, limit=limit + 1, skipped=skipped)
    more = len(lines) > limit and skipped + limit < ACTIONS_MAX
    return Page(items=lines[:limit], next_cursor=encode_cursor(skipped + limit) if more else None)


async def action_list(reader: Reader, found: Simulation, *, sort: str | None = None) -> list[ActionLine]:
    """The whole list, at most ACTIONS_MAX lines, sorted as `action_page` does."""
    return await _read(reader, found, sort, limit=ACTIONS_MAX, skipped=0)


def action_columns(locale: Locale) -> list[Column]:
    """The columns of an exported list, in the reader's language."""
    headings = (
        (N_("Creator"), Kind.TEXT),
        (N_("Creator number"), Kind.ID),
        (N_("Title"), Kind.TEXT),
        (N_("Source"), Kind.TEXT),
        (N_("Item"), Kind.ID),
        (N_("Link"), Kind.TEXT),
        (N_("What becomes of it"), Kind.TEXT),
        (N_("Surfaces"), Kind.TEXT),
        (N_("Listings in the window"), Kind.COUNT),
        (N_("In open carts now"), Kind.COUNT),
        (N_("Price (yuan)"), Kind.FEN),
        (N_("Jump-outs"), Kind.COUNT),
        (N_("Outside GMV reported (yuan)"), Kind.FEN),
        (N_("Own GMV paid (yuan)"), Kind.FEN),
        (N_("Best own-shop twin"), Kind.TEXT),
        (N_("Twin's shop"), Kind.ID),
        (N_("Twin's product"), Kind.ID),
        (N_("Likeness"), Kind.BASIS_POINTS),
    )
    return [Column(translate(heading, locale), kind) for heading, kind in headings]


def action_rows(
    lines: list[ActionLine], source_names: dict[str, str], locale: Locale
) -> Iterator[tuple[Cell, ...]]:
    """The rows of an exported list; what is not known is an empty cell."""
    for line in lines:
        twin = line.twin
        yield (
            in_language(locale, line.creator_name, line.creator_name_en),
            str(line.creator_id),
            in_language(locale, line.title, line.title_en),
            source_names.get(line.source, line.source),
            line.item_key,
            line.url,
            translate(EFFECT_WORDS[line.effect], locale),
            surfaces_text(line.surfaces, locale),
            line.listings,
            line.open_listings,
            line.price_fen,
            line.jump_outs,
            line.reported_fen,
            line.own_fen,
            None if twin is None else in_language(locale, twin.title, twin.title_en),
            None if twin is None else str(twin.shop_id),
            None if twin is None else str(twin.product_id),
            None if twin is None else twin.score_basis_points,
        )


def surfaces_text(surfaces: list[Surface], locale: Locale) -> str:
    """Surfaces as a list of words."""
    separator = "、" if locale is Locale.CHINESE else ", "
    return separator.join(translate(SURFACE_NAMES[each], locale) for each in surfaces)


async def _read(
    reader: Reader, found: Simulation, sort: str | None, *, limit: int, skipped: int
) -> list[ActionLine]:
    pairs = counted([each.hit for each in found.pairs])
    if not pairs or limit <= 0:
        return []
    order = _ORDERS.get(sort or SORT_DEFAULT, _ORDERS[SORT_DEFAULT])
    rows = await reader.rows(
        _Line,
        _LINES + order,
        **places(pairs, found.window, found.as_of),
        heard=[each.source for each in found.coverage],
        limit=limit,
        skipped=skipped,
    )
    return [row.line() for row in rows]


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    creator_id: CreatorId
    creator_name: str
    creator_name_en: str
    source: str
    item_key: str
    title: str
    title_en: str
    url: str | None
    price_fen: int | None
    effect: Effect
    surfaces: list[Surface]
    listings: int
    open_listings: int
    jump_outs: int
    reported_fen: int | None
    own_fen: int | None
    twin_shop_id: ShopId | None
    twin_product_id: ProductId | None
    twin_title: str | None
    twin_title_en: str | None
    score_basis_points: int | None

    def line(self) -> ActionLine:
        """The row as a value."""
        twin = None
        if self.twin_shop_id is not None and self.twin_product_id is not None:
            twin = Twinning(
                shop_id=self.twin_shop_id,
                product_id=self.twin_product_id,
                title=self.twin_title or "",
                title_en=self.twin_title_en or "",
                score_basis_points=self.score_basis_points or 0,
            )
        return ActionLine(
            creator_id=self.creator_id,
            creator_name=self.creator_name,
            creator_name_en=self.creator_name_en,
            source=self.source,
            item_key=self.item_key,
            title=self.title,
            title_en=self.title_en,
            url=self.url,
            effect=self.effect,
            surfaces=self.surfaces,
            listings=self.listings,
            open_listings=self.open_listings,
            price_fen=self.price_fen,
            jump_outs=self.jump_outs,
            reported_fen=self.reported_fen,
            own_fen=self.own_fen,
            twin=twin,
        )
