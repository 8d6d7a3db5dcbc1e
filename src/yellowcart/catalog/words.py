"""The words of products, kept so that an outside product finds those that may be the same thing.

`product_words` holds one row for each product, made anew when the product changes. Candidates are looked up by
their rare words first: what one product in twenty has tells little and would only cost time. How common a word is
comes from PostgreSQL's own statistics of the column (`pg_stats`), which autovacuum keeps.
"""

from collections.abc import Mapping, Sequence

import msgspec

from yellowcart.catalog.barcodes import barcode, names_one_thing
from yellowcart.catalog.events import ProductWordsRead
from yellowcart.catalog.matching import USUAL_RARITY, Described
from yellowcart.catalog.title_words import search_words
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import Queue, sweep

PRODUCTS_AT_ONCE = 200
CANDIDATES_MAX = 50
WORDS_ASKED_MAX = 12
"""Words of one title that candidates are looked up by, the rarest first."""
COMMON_SHARE = 500
"""Of 10,000 products: a word that more have is not looked up, unless a title has no rarer one."""
PRODUCTS_OF_A_WORD_MAX = 2_000
"""Products with one word that are looked at: more have it only before its frequency is known."""
LOOKED_AT_MAX = 200
"""Best products by shared words of which the listable ones are taken."""

_not_read = Setbacks[ProductId]("read_product_words")

Frequencies = Mapping[str, int]
"""Of 10,000 products, how many have a word; words that hardly any product has are not named."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A product that may be the same thing as an outside one, as `matching.compare` takes it."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    brand: str
    shop_name: str
    sku_names: tuple[str, ...]
    barcodes: tuple[str, ...]
    lowest_price_fen: int | None
    highest_price_fen: int | None
    origins: tuple[tuple[str, str], ...]

    def described(self) -> Described:
        """The product for the matcher."""
        return Described(
            title=self.title,
            brand=self.brand,
            shop_name=self.shop_name,
            sku_names=self.sku_names,
            barcodes=frozenset(self.barcodes),
            price_fen=self.lowest_price_fen,
            highest_price_fen=self.highest_price_fen,
            origins=frozenset(self.origins),
        )


@sweep(every_s=30, queue=Queue.LENGTHY)
async def read_product_words(database: Database) -> int:
    """Read the words of products for sale that are new or have changed; answers how many this call read. One that
    changes meanwhile has a newer version, and is read again."""
    async with database.writing() as writer:
        stale = await writer.rows(
            _Stale,
            """
            SELECT product.shop_id, product.product_id, product.version, product.title, product.brand,
                   coalesce((
                       SELECT array_agg(sku.barcode) FROM sku
                       WHERE sku.shop_id = product.shop_id AND sku.product_id = product.product_id
                         AND sku.is_active AND sku.barcode <> ''
                   ), '{}') AS barcodes
            FROM product
            LEFT JOIN product_words AS known USING (shop_id, product_id)
            WHERE known.product_version IS DISTINCT FROM product.version
              AND product.sale_status = 'on_sale' AND product.review_status = 'approved'
              AND product.product_id <> ALL(%(put_off)s)
            ORDER BY product.shop_id, product.product_id
            LIMIT %(most)s
            """,
            most=PRODUCTS_AT_ONCE,
            put_off=_not_read.put_off(),
        )
        return await _not_read.act_on_set(
            writer, stale, lambda each: each.product_id, lambda products: _read_words(writer, products)
        )


async def word_frequencies(reader: Reader) -> Frequencies:
    """How common the common words are, by the statistics of the database; empty before they were ever gathered."""
    rows = await reader.rows(
        _Frequency,
        """
        SELECT common.word, (common.share * 10000)::int AS of_ten_thousand
        FROM pg_stats
        -- The frequencies end with their minimum and maximum, which belong to no word.
        CROSS JOIN LATERAL unnest(most_common_elems::text::text[], most_common_elem_freqs) AS common (word, share)
        WHERE schemaname = current_schema() AND tablename = 'product_words' AND attname = 'words'
          AND common.word IS NOT NULL AND common.share * 10000 >= 1
        """,
    )
    return {row.word: row.of_ten_thousand for row in rows}


def rarity_of(frequencies: Frequencies) -> dict[str, int]:
    """How much each common word says, for `matching.compare`: less, the more products have it."""
    return {
        word: min(USUAL_RARITY, 130 * (10_000 // max(share, 1)).bit_length())
        for word, share in frequencies.items()
    }


async def candidates(
    reader: Reader,
    words: Sequence[str],
    barcodes: Sequence[str] = (),
    *,
    frequencies: Frequencies,
    origin: tuple[str, str] | None = None,
    limit: int = CANDIDATES_MAX,
) -> list[Candidate]:
    """Products for sale that share rare words or a barcode with a title, or were imported from the outside item
    `origin` (source, item id); those that share most of what is rare come first."""
    asked = _asked(words, frequencies)
    rarity = rarity_of(frequencies)
    source, item_id = origin or ("", "")
    return await reader.rows(
        Candidate,
        _CANDIDATES,
        words=asked,
        weights=[rarity.get(word, USUAL_RARITY) for word in asked],
        barcodes=list(barcodes),
        source=source,
        item_id=item_id,
        of_a_word=PRODUCTS_OF_A_WORD_MAX,
        looked_at=LOOKED_AT_MAX,
        limit=min(limit, CANDIDATES_MAX),
    )


def _asked(words: Sequence[str], frequencies: Frequencies) -> list[str]:
    """The rarest words of a title; among equals in the order of the title, which begins with what matters."""
    ranked = sorted(dict.fromkeys(words), key=lambda word: frequencies.get(word, 0))[:WORDS_ASKED_MAX]
    rare = [word for word in ranked if frequencies.get(word, 0) <= COMMON_SHARE]
    return rare or ranked[:1]


_CANDIDATES = """
WITH hits AS (
    SELECT found.shop_id, found.product_id, asked.weight
    FROM unnest(%(words)s::text[], %(weights)s::int[]) AS asked (word, weight)
    CROSS JOIN LATERAL (
        SELECT shop_id, product_id FROM product_words
        WHERE words @@ quote_literal(asked.word)::tsquery
        LIMIT %(of_a_word)s
    ) AS found
    UNION ALL
    SELECT shop_id, product_id, 100000 FROM product_words
    WHERE barcodes && %(barcodes)s::text[]
    UNION ALL
    SELECT shop_id, product_id, 1000000 FROM product_origin
    WHERE source = %(source)s AND item_id = %(item_id)s
), best AS MATERIALIZED (
    SELECT shop_id, product_id, sum(weight) AS weight
    FROM hits
    GROUP BY shop_id, product_id
    ORDER BY sum(weight) DESC, product_id DESC
    LIMIT %(looked_at)s
), chosen AS MATERIALIZED (
    SELECT product.shop_id, product.product_id, product.title, product.brand, shop.name AS shop_name, best.weight
    FROM best
    JOIN product USING (shop_id, product_id)
    JOIN shop USING (shop_id)
    WHERE product.sale_status = 'on_sale' AND product.review_status = 'approved' AND shop.state = 'open'
    ORDER BY best.weight DESC, product.product_id DESC
    LIMIT %(limit)s
)
SELECT chosen.shop_id, chosen.product_id, chosen.title, chosen.brand, chosen.shop_name,
       coalesce(variants.names, '{}') AS sku_names, variants.lowest_price_fen, variants.highest_price_fen,
       coalesce((
           SELECT read.barcodes FROM product_words AS read
           WHERE read.shop_id = chosen.shop_id AND read.product_id = chosen.product_id
       ), '{}') AS barcodes,
       coalesce((
           SELECT jsonb_agg(jsonb_build_array(origin.source, origin.item_id)) FROM product_origin AS origin
           WHERE origin.shop_id = chosen.shop_id AND origin.product_id = chosen.product_id
             AND origin.source = %(source)s AND origin.item_id = %(item_id)s
       ), '[]') AS origins
FROM chosen
CROSS JOIN LATERAL (
    SELECT array_agg(sku.name ORDER BY sku.position) AS names, min(sku.price_fen) AS lowest_price_fen,
           max(sku.price_fen) AS highest_price_fen
    FROM sku
    WHERE sku.shop_id = chosen.shop_id AND sku.product_id = chosen.product_id AND sku.is_active
) AS variants
ORDER BY chosen.weight DESC, chosen.product_id DESC
"""


class _Stale(msgspec.Struct, frozen=True):
    shop_id: ShopId
    product_id: ProductId
    version: int
    title: str
    brand: str
    barcodes: tuple[str, ...]


class _Frequency(msgspec.Struct, frozen=True):
    word: str
    of_ten_thousand: int


async def _read_words(writer: Writer, stale: Sequence[_Stale]) -> None:
    await _write_words(writer, stale)
    products = tuple((each.shop_id, each.product_id) for each in stale)
    await publish(writer, ProductWordsRead(products=products))


async def _write_words(writer: Writer, stale: Sequence[_Stale]) -> None:
    await writer.run_many(
        """
        INSERT INTO product_words (shop_id, product_id, words, barcodes, product_version, read_at)
        VALUES (%(shop_id)s, %(product_id)s, array_to_tsvector(%(words)s::text[]), %(barcodes)s::text[],
                %(version)s, %(now)s)
        ON CONFLICT (shop_id, product_id) DO UPDATE
        SET words = excluded.words, barcodes = excluded.barcodes, product_version = excluded.product_version,
            read_at = excluded.read_at
        """,
        [
            {
                "shop_id": each.shop_id,
                "product_id": each.product_id,
                "words": list(search_words(f"{each.brand} {each.title}")),
                "barcodes": sorted(_worldwide(each.barcodes)),
                "version": each.version,
                "now": clock.now(),
            }
            for each in stale
        ],
    )


def _worldwide(barcodes: Sequence[str]) -> set[str]:
    codes = (barcode(written) for written in barcodes)
    return {code for code in codes if code is not None and names_one_thing(code)}
