"""Twins: products of the platform's own shops that are the same thing as an outside product in somebody's cart.

They are looked for once per outside product, whoever lists it: when it is new or has another title, when products
came that share its words or were imported from it, and again after a week. The best three are kept. What a creator
says is no twin is hidden from that creator; what an operator says is none is hidden from everybody, and stays so.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.barcodes import barcodes_in
from yellowcart.catalog.events import ProductWordsRead
from yellowcart.catalog.matching import TWIN_SCORE_MIN, Described, Reason, compare
from yellowcart.catalog.title_words import search_words
from yellowcart.catalog.words import COMMON_SHARE, Frequencies, candidates, rarity_of, word_frequencies
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer, json_value
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.events import Envelope, subscribe
from yellowcart.kernel.ids import CreatorId, ProductId, ShopId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import Queue, sweep, time_is_up
from yellowcart.stage.creators import creator_of

TWINS_KEPT = 3
"""Best twins kept of one outside product."""
SEARCHED_AT_ONCE = 20
"""Outside products that one call looks for twins of."""
LISTED_WITHIN = timedelta(days=30)
"""How long an outside product that left its last cart is still looked after."""
SEARCH_AGAIN_AFTER = timedelta(days=7)
KEY_BYTES_MAX = 1_000
"""An address longer than this cannot be a key in an index; such a listing has no twins."""
_not_searched = Setbacks[tuple[str, str]]("find_twins")


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """An own product that is the same thing as an outside one, with its shop, the lowest price of its variants in
    fen, why it is taken for a twin, and the score in basis points."""

    source: str
    item_key: str
    shop_id: ShopId
    product_id: ProductId
    score_basis_points: int
    reasons: tuple[Reason, ...]
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None
    shop_name: str
    shop_name_en: str


@sweep(every_s=30, queue=Queue.LENGTHY)
async def find_twins(database: Database) -> int:
    """Look for twins of the outside products that are due; answers how many were looked at. Each is written in a
    transaction of its own, so that a press of a button never waits for a search."""
    async with database.reading() as reader:
        due = await _due(reader)
        if not due:
            return 0
        frequencies = await word_frequencies(reader)
        rarity = rarity_of(frequencies)
    looked_at = 0
    for wanted in due:
        if time_is_up():
            break
        with _not_searched.sparing((wanted.source, wanted.item_key)):
            async with database.reading() as reader:
                twins = await _twins_of(reader, wanted, frequencies, rarity)
            async with database.writing() as writer:
                await _write(writer, wanted, twins)
        looked_at += 1
    return looked_at


@subscribe(ProductWordsRead)
async def on_product_words_read(writer: Writer, _: Envelope, event: ProductWordsRead) -> None:
    """New or changed products call for another look at the outside products that share a word with them, common
    words excepted."""
    frequencies = await word_frequencies(writer)
    await writer.run(
        """
        WITH fresh AS (
            SELECT DISTINCT lexeme
            FROM unnest(%(shop_ids)s::bigint[], %(product_ids)s::bigint[]) AS read (shop_id, product_id)
            JOIN product_words USING (shop_id, product_id)
            CROSS JOIN LATERAL unnest(tsvector_to_array(words)) AS lexeme
            WHERE lexeme <> ALL(%(common)s::text[])
        ), due AS (
            SELECT source, item_key FROM twin_search
            WHERE words @@ (SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery FROM fresh)
            ORDER BY source, item_key
            FOR UPDATE
        )
        UPDATE twin_search SET searched_at = NULL
        FROM due
        WHERE twin_search.source = due.source AND twin_search.item_key = due.item_key
        """,
        shop_ids=[shop_id for shop_id, _ in event.products],
        product_ids=[product_id for _, product_id in event.products],
        common=[word for word, share in frequencies.items() if share > COMMON_SHARE],
    )


async def best_twins(
    reader: Reader, keys: Collection[tuple[str, str]], *, creator_id: CreatorId | None = None
) -> dict[tuple[str, str], Twin]:
    """The best twin for sale of each outside product, by (source, item key); those without one are left out, and
    those that the creator, when one is given, does not want to see."""
    if not keys:
        return {}
    rows = await reader.rows(
        Twin,
        f"""
        SELECT DISTINCT ON (twin.source, twin.item_key) {TWIN_COLUMNS}
        FROM unnest(%(sources)s::text[], %(item_keys)s::text[]) AS wanted (source, item_key)
        JOIN twin USING (source, item_key)
        {TWIN_FOR_SALE}
        ORDER BY twin.source, twin.item_key, twin.score_basis_points DESC, twin.shop_id, twin.product_id
        """,  # noqa: S608 - put together from constants of ours
        sources=[source for source, _ in keys],
        item_keys=[item_key for _, item_key in keys],
        creator_id=creator_id,
    )
    return {(row.source, row.item_key): row for row in rows}


async def twins_of(
    reader: Reader, source: str, item_key: str, *, creator_id: CreatorId | None = None
) -> list[Twin]:
    """Every kept twin of one outside product that is for sale, the best first."""
    return await reader.rows(
        Twin,
        f"""
        SELECT {TWIN_COLUMNS} FROM twin
        {TWIN_FOR_SALE} AND twin.source = %(source)s AND twin.item_key = %(item_key)s
        ORDER BY twin.score_basis_points DESC, twin.shop_id, twin.product_id
        LIMIT 20
        """,  # noqa: S608 - put together from constants of ours
        source=source,
        item_key=item_key,
        creator_id=creator_id,
    )


async def dismiss_twin(
    writer: Writer, person: Person, source: str, item_key: str, shop_id: ShopId, product_id: ProductId
) -> None:
    """A creator says that a product is not the same thing: it is not shown to them again. Raises NotACreator,
    NotFound for what is no known twin. Done twice it is done once."""
    creator = await creator_of(writer, person)
    await _require_twin(writer, source, item_key, shop_id, product_id)
    await writer.run(
        """
        INSERT INTO twin_dismissal (creator_id, source, item_key, shop_id, product_id, dismissed_at)
        VALUES (%(creator_id)s, %(source)s, %(item_key)s, %(shop_id)s, %(product_id)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        creator_id=creator.creator_id,
        source=source,
        item_key=item_key,
        shop_id=shop_id,
        product_id=product_id,
        now=clock.now(),
    )
    await _record(writer, person, "stage:twin:dismiss", source, item_key, product_id)


async def dismiss_twin_for_all(
    writer: Writer, person: Person, source: str, item_key: str, shop_id: ShopId, product_id: ProductId
) -> None:
    """An operator says that a product is not the same thing: nobody is shown it again, also after another search.
    Raises NotFound."""
    await _require_twin(writer, source, item_key, shop_id, product_id)
    await writer.run(
        """
        UPDATE twin SET dismissed_at = coalesce(dismissed_at, %(now)s)
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
          AND source = %(source)s AND item_key = %(item_key)s
        """,
        source=source,
        item_key=item_key,
        shop_id=shop_id,
        product_id=product_id,
        now=clock.now(),
    )
    await _record(writer, person, "stage:twin:dismiss_for_all", source, item_key, product_id)


class _Wanted(msgspec.Struct, frozen=True):
    """An outside product that is to be looked at, under the title and price of its latest listing."""

    source: str
    item_key: str
    item_id: str | None
    title: str
    price_fen: int | None


class _Found(msgspec.Struct, frozen=True):
    shop_id: ShopId
    product_id: ProductId
    score: int
    reasons: tuple[Reason, ...]


async def _due(reader: Reader) -> list[_Wanted]:
    now = clock.now()
    put_off = _not_searched.put_off()
    return await reader.rows(
        _Wanted,
        """
        WITH wanted AS (
            SELECT DISTINCT ON (source, coalesce(item_id, url))
                   source, coalesce(item_id, url) AS item_key, item_id, title, price_fen
            FROM listing
            WHERE source <> 'own' AND octet_length(coalesce(item_id, url)) <= %(key_bytes)s
              AND (state <> 'off_cart' OR taken_off_at >= %(since)s)
              AND (source, coalesce(item_id, url)) NOT IN (
                  SELECT * FROM unnest(%(put_off_sources)s::text[], %(put_off_keys)s::text[])
              )
            ORDER BY source, coalesce(item_id, url), listing_id DESC
        )
        SELECT wanted.source, wanted.item_key, wanted.item_id, wanted.title, wanted.price_fen
        FROM wanted
        LEFT JOIN twin_search AS search USING (source, item_key)
        WHERE search.searched_at IS NULL
           OR search.title <> wanted.title
           OR search.searched_at < %(old)s
           OR EXISTS (
               SELECT FROM product_origin AS origin
               WHERE origin.source = wanted.source AND origin.item_id = wanted.item_id
                 AND origin.noted_at > search.searched_at
           )
        ORDER BY search.searched_at NULLS FIRST, wanted.source, wanted.item_key
        LIMIT %(most)s
        """,
        key_bytes=KEY_BYTES_MAX,
        since=now - LISTED_WITHIN,
        old=now - SEARCH_AGAIN_AFTER,
        most=SEARCHED_AT_ONCE,
        put_off_sources=[source for source, _ in put_off],
        put_off_keys=[item_key for _, item_key in put_off],
    )


async def _twins_of(
    reader: Reader, wanted: _Wanted, frequencies: Frequencies, rarity: dict[str, int]
) -> list[_Found]:
    barcodes = barcodes_in(wanted.title)
    origin = None if wanted.item_id is None else (wanted.source, wanted.item_id)
    outside = Described(
        title=wanted.title,
        price_fen=wanted.price_fen,
        barcodes=barcodes,
        origins=frozenset() if origin is None else frozenset({origin}),
    )
    found = []
    for each in await candidates(
        reader, search_words(wanted.title), sorted(barcodes), frequencies=frequencies, origin=origin
    ):
        match = compare(outside, each.described(), rarity)
        if match.score >= TWIN_SCORE_MIN:
            found.append(_Found(each.shop_id, each.product_id, match.score, match.reasons))
    return sorted(found, key=lambda twin: (-twin.score, twin.shop_id, twin.product_id))[:TWINS_KEPT]


async def _write(writer: Writer, wanted: _Wanted, twins: Sequence[_Found]) -> None:
    """Write what one search found. Twins that an operator dismissed stay, so that they stay dismissed."""
    key = {"source": wanted.source, "item_key": wanted.item_key}
    await writer.run(
        """
        INSERT INTO twin_search (source, item_key, title, words, searched_at)
        VALUES (%(source)s, %(item_key)s, %(title)s, array_to_tsvector(%(words)s::text[]), %(now)s)
        ON CONFLICT (source, item_key) DO UPDATE
        SET title = excluded.title, words = excluded.words, searched_at = excluded.searched_at
        """,
        **key,
        title=wanted.title,
        words=list(search_words(wanted.title)),
        now=clock.now(),
    )
    await writer.run(
        """
        DELETE FROM twin
        WHERE source = %(source)s AND item_key = %(item_key)s AND dismissed_at IS NULL
          AND NOT (product_id = ANY(%(product_ids)s))
        """,
        **key,
        product_ids=[twin.product_id for twin in twins],
    )
    await writer.run_many(
        """
        INSERT INTO twin (source, item_key, shop_id, product_id, score_basis_points, reasons, found_at)
        VALUES (%(source)s, %(item_key)s, %(shop_id)s, %(product_id)s, %(score)s, %(reasons)s, %(now)s)
        ON CONFLICT (shop_id, product_id, source, item_key) DO UPDATE
        SET score_basis_points = excluded.score_basis_points, reasons = excluded.reasons,
            found_at = excluded.found_at
        """,
        [
            {
                **key,
                "shop_id": twin.shop_id,
                "product_id": twin.product_id,
                "score": twin.score,
                "reasons": json_value(twin.reasons),
                "now": clock.now(),
            }
            for twin in twins
        ],
    )


async def _require_twin(
    writer: Writer, source: str, item_key: str, shop_id: ShopId, product_id: ProductId
) -> None:
    known = await writer.value(
        """
        SELECT true FROM twin
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
          AND source = %(source)s AND item_key = %(item_key)s
        ORDER BY shop_id, product_id, source, item_key FOR UPDATE
        """,
        source=source,
        item_key=item_key,
        shop_id=shop_id,
        product_id=product_id,
    )
    if not known:
        raise NotFound


async def _record(
    writer: Writer, person: Person, action: str, source: str, item_key: str, product_id: ProductId
) -> None:
    await audit.record(
        writer, person, action, f"product:{product_id}", after={"source": source, "item_key": item_key}
    )


# What a twin is read with, and from where: only twins for sale that nobody has said are none.
TWIN_COLUMNS = """
    twin.source, twin.item_key, twin.shop_id, twin.product_id, twin.score_basis_points, twin.reasons,
    product.title, product.title_en, product.picture_url, shop.name AS shop_name, shop.name_en AS shop_name_en,
    (
        SELECT min(sku.price_fen) FROM sku
        WHERE sku.shop_id = twin.shop_id AND sku.product_id = twin.product_id AND sku.is_active
    ) AS price_fen
"""
TWIN_FOR_SALE = """
    JOIN product ON product.shop_id = twin.shop_id AND product.product_id = twin.product_id
    JOIN shop ON shop.shop_id = twin.shop_id
    WHERE twin.dismissed_at IS NULL
      AND product.sale_status = 'on_sale' AND product.review_status = 'approved' AND shop.state = 'open'
      AND NOT EXISTS (
          SELECT FROM twin_dismissal AS unwanted
          WHERE unwanted.creator_id = %(creator_id)s AND unwanted.source = twin.source
            AND unwanted.item_key = twin.item_key AND unwanted.shop_id = twin.shop_id
            AND unwanted.product_id = twin.product_id
      )
"""
