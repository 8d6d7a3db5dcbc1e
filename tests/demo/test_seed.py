"""The demo world as it stands in the database: it adds up, it is the story, and the same seed writes it again."""

import hashlib
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from obstore.store import MemoryStore

from tests.conftest import url_of
from tests.demo.seeded import copied_database, newly_seeded_database, seeded_database
from yellowcart.demo.accounts import PASSWORD, demo_accounts, demo_world, viewers
from yellowcart.demo.seed import NotEmpty, is_finished, seed_world
from yellowcart.demo.seed_checks import contradictions
from yellowcart.insight.metrics import source_share
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CreatorId
from yellowcart.kernel.tasks import open_tasks, run_all_sweeps
from yellowcart.orders.model import OrderState
from yellowcart.uploads.storage import UploadStorage

pytestmark = pytest.mark.xdist_group("demo seed")

CONTENT = {
    "goods": """
        SELECT shop.name, product.title, sale_status, review_status, sku.name, price_fen, received, available,
               held, sold
        FROM product
        JOIN shop USING (shop_id)
        JOIN sku USING (shop_id, product_id)
        JOIN stock USING (shop_id, sku_id)
        ORDER BY shop.name, product.title, sku.position
    """,
    "listings": """
        SELECT surface, listing.title, listing.source, position, listing.state, listing.price_fen, off_reason,
               put_on_at, taken_off_at, limit_per_buyer, coalesce(room.title, video.title)
        FROM listing LEFT JOIN room USING (room_id) LEFT JOIN video USING (video_id)
        ORDER BY coalesce(room.scheduled_at, video.published_at), coalesce(room.title, video.title), position
    """,
    "orders": """
        SELECT placed.submitted_at, placed.state, close_reason, placed.total_fen, address::text, paid_at,
               shipped_at, received_at, completed_at, closed_at, line.title, line.sku_name, quantity,
               terms->'commission_rate', person.name
        FROM shop_order AS placed JOIN order_line AS line USING (shop_id, order_id)
        JOIN person ON person_id = buyer_id
        ORDER BY placed.submitted_at, line.title, line.sku_name, person.login
    """,
    "prices": """
        SELECT placed.submitted_at, line.title, unit_price_fen, line.discount_fen, line.freight_fen, payable_fen,
               line.refunded_fen, line.shipped_quantity, line.cancelled_quantity, line.returned_quantity
        FROM order_line AS line JOIN shop_order AS placed USING (shop_id, order_id)
        ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    """,
    "coupons": """
        SELECT title, coupon.claimed, coupon.stock, coupon.state, claim.state, claimed_at, ordinal, given_back,
               login
        FROM coupon LEFT JOIN claimed_coupon AS claim USING (coupon_id)
        LEFT JOIN person ON person_id = buyer_id
        ORDER BY title, claimed_at, login, ordinal
    """,
    "special prices": """
        SELECT title, special_price.price_fen, quota, taken, starts_at, ended_at, told_at
        FROM special_price JOIN listing USING (listing_id) ORDER BY starts_at, title
    """,
    "parcels": """
        SELECT carrier, waybill, state, shipped_at, moved_at, events, is_watched FROM shipment ORDER BY waybill
    """,
    "tracks": "SELECT happened_at, status, place, text FROM track_event ORDER BY 1, 2, 3, 4",
    "cases": """
        SELECT opened_at, kind, state, reason, aftersale.quantity, asked_fen, decided_fen, due_at, version, title
        FROM aftersale JOIN order_line USING (shop_id, order_id, order_line_id) ORDER BY opened_at, title, sku_name
    """,
    "turns": "SELECT made_at, action, actor, words, amount_fen, evidence FROM aftersale_step ORDER BY 1, 2, 5, 4",
    "reviews": """
        SELECT review_part.written_at, part, state, body, review_part.goods_stars, picture_count, answer,
               answered_at
        FROM review_part JOIN review USING (shop_id, review_id) ORDER BY 1, 4, 5
    """,
    "needs": "SELECT created_at, state, goods, weight_g FROM shipping_need ORDER BY 1",
    "findings": "SELECT found_at, kind, state, times, ours_fen, theirs_fen FROM payment_finding ORDER BY 1, 2",
    "audience": "SELECT kind, happened_at, visitor FROM audience_event ORDER BY happened_at, visitor, kind",
    "jumps": "SELECT jump_key, source, clicked_at, landed_at, returned_at FROM jump_out ORDER BY jump_key",
    "reported": """
        SELECT network, order_line_id, state, paid_fen, ordered_at, attributed_by, revision
        FROM conversion ORDER BY 1, 2
    """,
    "chat": "SELECT name, body, sent_at FROM chat_message ORDER BY sent_at, body",
    "people": "SELECT login, name FROM person ORDER BY login",
    "rules": "SELECT surface, source, effective_at, action FROM link_rule ORDER BY 1, 2, 3",
}


@pytest.fixture(scope="module")
def seeded_name(postgres_url: str, template_database: str) -> Iterator[str]:
    with seeded_database(postgres_url, template_database) as name:
        yield name


@pytest.fixture
def world(postgres_url: str, seeded_name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url_of(postgres_url, seeded_name)) as connection:
        yield connection


@pytest.fixture
async def own_copy(postgres_url: str, seeded_name: str, still_clock: clock.Clock) -> AsyncIterator[Database]:
    """The seeded world, for a test that changes it; the clock stands at its start."""
    still_clock.freeze(demo_world().starts_at)
    with copied_database(postgres_url, seeded_name) as name:
        database = Database(url_of(postgres_url, name), pool_size=4)
        await database.open()
        async with open_tasks(database):
            yield database
        await database.close()


def digest_of(connection: psycopg.Connection) -> dict[str, str]:
    """A hash of each part of the world's content; ids are no part of it."""
    return {
        part: hashlib.blake2b(repr(connection.execute(query).fetchall()).encode(), digest_size=8).hexdigest()
        for part, query in CONTENT.items()
    }


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def test_the_same_seed_writes_the_same_world(
    world: psycopg.Connection, postgres_url: str, template_database: str
) -> None:
    with (
        newly_seeded_database(postgres_url, template_database, demo_world().key) as again,
        psycopg.connect(url_of(postgres_url, again)) as other,
    ):
        assert digest_of(world) == digest_of(other)


async def test_everything_adds_up(own_copy: Database) -> None:
    async with own_copy.reading() as reader:
        assert await contradictions(reader) == {}


def test_what_is_there_to_sell_is_what_the_world_says(world: psycopg.Connection) -> None:
    """Exchanges and resends took pieces of it, returns brought some back."""
    moved = rows(
        world,
        """
        SELECT coalesce(sum(restocked_quantity), 0)
               - coalesce(sum(quantity) FILTER (WHERE replacement_waybill IS NOT NULL), 0)
        FROM aftersale
        """,
    )
    available = rows(world, "SELECT sum(available) FROM stock")
    stock = sum(sku.stock for product in demo_world().products for sku in product.skus)
    assert available == [(stock + int(str(moved[0][0])),)]


def test_orders_live_forward_and_none_in_the_future(world: psycopg.Connection) -> None:
    wrong = world.execute(
        """
        SELECT order_id FROM shop_order
        WHERE NOT (submitted_at <= coalesce(paid_at, submitted_at)
                   AND coalesce(paid_at, submitted_at) <= coalesce(shipped_at, 'infinity')
                   AND coalesce(shipped_at, submitted_at) <= coalesce(received_at, 'infinity')
                   AND coalesce(received_at, submitted_at) <= coalesce(completed_at, 'infinity')
                   AND submitted_at <= coalesce(closed_at, 'infinity'))
           OR greatest(submitted_at, paid_at, shipped_at, received_at, completed_at, closed_at) > %(start)s
           OR (state = 'submitted' AND hold_until <= %(start)s)
        """,
        {"start": demo_world().starts_at},
    ).fetchall()
    assert wrong == []
    states: dict[str, int] = dict(
        world.execute("SELECT state, count(*) FROM shop_order GROUP BY state").fetchall()
    )
    assert states.keys() == {state.value for state in OrderState}
    assert 2_500 < sum(states.values()) < 6_000


def test_ids_follow_time(world: psycopg.Connection) -> None:
    """Lists are read newest first by id."""
    unordered = rows(
        world,
        """
        SELECT count(*) FROM (
            SELECT submitted_at < lag(submitted_at) OVER (ORDER BY order_id) AS backwards FROM shop_order
        ) AS steps WHERE backwards
        """,
    )
    assert unordered == [(0,)]


def test_limits_and_tallies_count_what_happened(world: psycopg.Connection) -> None:
    over = rows(
        world,
        """
        SELECT 1 FROM purchase_count JOIN listing USING (listing_id)
        WHERE purchase_count.quantity > listing.limit_per_buyer
        """,
    )
    assert over == []
    missing = rows(
        world,
        """
        SELECT listing_id, buyer_id FROM (
            SELECT line.listing_id, placed.buyer_id, sum(line.quantity - coalesce(restocked, 0)) AS bought
            FROM shop_order AS placed JOIN order_line AS line USING (shop_id, order_id)
            JOIN listing USING (listing_id)
            LEFT JOIN LATERAL (
                SELECT sum(restocked_quantity) AS restocked FROM aftersale
                WHERE aftersale.order_line_id = line.order_line_id AND kind = 'return_refund'
            ) AS returned ON true
            WHERE limit_per_buyer IS NOT NULL AND (placed.state <> 'closed' OR shipped_quantity > 0)
            GROUP BY 1, 2
        ) AS orders FULL JOIN purchase_count USING (listing_id, buyer_id)
        WHERE bought IS DISTINCT FROM quantity
        """,
    )
    assert missing == []
    assert rows(
        world,
        """
        SELECT room_id FROM room_tally
        WHERE enters <> (SELECT count(*) FROM audience_event AS event
                         WHERE event.room_id = room_tally.room_id AND kind = 'enter')
        """,
    ) == []  # fmt: skip


def test_youzan_and_mockuai_left_the_live_carts_by_enforcement(world: psycopg.Connection) -> None:
    carried_out: dict[str, int] = dict(
        world.execute(
            """
            SELECT enforced.source, listing_count FROM enforced_change AS enforced
            JOIN link_rule USING (surface, source, effective_at)
            WHERE action = 'refuse' AND surface = 'live_cart'
            """
        ).fetchall()
    )
    assert carried_out.keys() == {"youzan", "mockuai"}
    assert all(count > 0 for count in carried_out.values())
    gone = rows(
        world,
        """
        SELECT DISTINCT listing.source, taken_off_at AT TIME ZONE 'Asia/Shanghai' = '2021-11-01', notice.code
        FROM listing JOIN notice ON notice_id = off_notice_id
        WHERE off_reason = 'link_rule' AND surface = 'live_cart'
        ORDER BY 1
        """,
    )
    assert gone == [("mockuai", True, "store-systems-2021"), ("youzan", True, "store-systems-2021")]
    told = rows(world, "SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'")
    assert told == [(sum(carried_out.values()),)]
    still = rows(
        world,
        """
        SELECT DISTINCT source FROM listing
        WHERE surface = 'video_cart' AND state <> 'off_cart' AND source IN ('youzan', 'mockuai') ORDER BY 1
        """,
    )
    assert still == [("mockuai",), ("youzan",)]


async def test_xiaobo_lists_88_percent_taobao(own_copy: Database) -> None:
    async with own_copy.reading() as reader:
        creator_id = await reader.value("SELECT creator_id FROM creator WHERE name = '小波私房菜'")
        shares = await source_share(reader, CreatorId(creator_id))
    assert (shares.counts[0].source, shares.counts[0].share_basis_points) == ("taobao_union", 8_800)
    assert (shares.counts[0].count, shares.total) == (22, 25)


async def test_nothing_is_overdue_as_the_world_begins(own_copy: Database) -> None:
    assert await run_all_sweeps(own_copy) == 0


async def test_the_first_of_march_takes_taobao_and_jd_off_and_leaves_orders_alone(
    own_copy: Database, still_clock: clock.Clock
) -> None:
    in_carts = """
        SELECT surface || ' ' || source AS pair, count(*)::int AS listings
        FROM listing WHERE state <> 'off_cart' GROUP BY surface, source
    """
    paid = "SELECT order_id, state FROM shop_order WHERE state = 'paid' ORDER BY order_id"
    async with own_copy.reading() as reader:
        before = {row["pair"]: row["listings"] for row in await reader.records(in_carts)}
        orders_before = await reader.records(paid)
    still_clock.freeze(next(n.effective_at for n in demo_world().notices if n.key == "unions-2022"))
    await run_all_sweeps(own_copy)
    async with own_copy.reading() as reader:
        after = {row["pair"]: row["listings"] for row in await reader.records(in_carts)}
        orders_after = await reader.records(paid)
    gone = {"live_cart taobao_union", "live_cart jd_union", "video_cart taobao_union"}
    assert gone <= before.keys()
    assert after == {pair: count for pair, count in before.items() if pair not in gone}
    assert "video_cart jd_union" in after
    assert orders_after == orders_before
    assert orders_before


async def test_a_world_is_written_into_an_empty_database_only(own_copy: Database) -> None:
    assert await is_finished(own_copy, demo_world()) is True
    with pytest.raises(NotEmpty):
        await seed_world(own_copy, UploadStorage(MemoryStore()), demo_world(), lambda _: None)


def test_everybody_who_is_offered_can_sign_in_by_name(world: psycopg.Connection) -> None:
    logins = {str(row[0]) for row in rows(world, "SELECT login FROM person WHERE state = 'active'")}
    assert {account.login for account in demo_accounts(demo_world())} <= logins
    assert {part.login for part in viewers(demo_world())} <= logins
    assert {account.password for account in demo_accounts(demo_world())} == {PASSWORD}
    assert rows(world, "SELECT count(DISTINCT password_hash) FROM person") == [(1,)]
