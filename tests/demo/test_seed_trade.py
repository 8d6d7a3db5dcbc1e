"""What a visitor of the demo finds of trade: every tab of every console has something to show, in both worlds."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.conftest import url_of
from tests.demo.seeded import seeded_database
from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.demo.accounts import demo_accounts, demo_world
from yellowcart.demo.world_file import World, world_names
from yellowcart.parcels.model import ShipmentState

pytestmark = pytest.mark.xdist_group("demo seed")

Found = dict[str, int]


@pytest.fixture(scope="module", params=world_names())
def seeded(
    request: pytest.FixtureRequest, postgres_url: str, template_database: str
) -> Iterator[tuple[World, psycopg.Connection]]:
    with (
        seeded_database(postgres_url, template_database, request.param) as name,
        psycopg.connect(url_of(postgres_url, name), autocommit=True) as connection,
    ):
        yield demo_world(request.param), connection


@pytest.fixture
def world(seeded: tuple[World, psycopg.Connection]) -> World:
    return seeded[0]


@pytest.fixture
def database(seeded: tuple[World, psycopg.Connection]) -> psycopg.Connection:
    return seeded[1]


def counted(database: psycopg.Connection, query: str, **values: object) -> Found:
    return {str(name): number for name, number in database.execute(query, values).fetchall()}


def number(database: psycopg.Connection, query: str, **values: object) -> int:
    row = database.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


def test_coupons_of_all_funders_stand_in_every_way(database: psycopg.Connection, world: World) -> None:
    stands = counted(
        database,
        """
        SELECT CASE WHEN state = 'stopped' THEN 'stopped' WHEN claim_until <= %(now)s THEN 'over'
                    WHEN state = 'prepared' THEN 'prepared' WHEN claim_from > %(now)s THEN 'coming'
                    WHEN claimed = stock THEN 'gone' ELSE 'claimable' END, count(*)
        FROM coupon GROUP BY 1
        """,
        now=world.starts_at,
    )
    assert stands.keys() == {"stopped", "over", "prepared", "coming", "gone", "claimable"}
    assert counted(database, "SELECT funder, count(*) FROM coupon GROUP BY 1").keys() == {
        "shop",
        "platform",
        "creator",
    }
    assert number(database, "SELECT count(*) FROM coupon WHERE room_id IS NOT NULL") >= 2
    assert number(database, "SELECT count(*) FROM coupon_drop") >= 2


def test_an_offered_buyer_holds_coupons_that_are_usable_used_and_expired(
    database: psycopg.Connection, world: World
) -> None:
    held = counted(
        database,
        """
        SELECT CASE WHEN claim.state = 'used' THEN 'used' WHEN usable_until <= %(now)s THEN 'expired'
                    ELSE 'usable' END, count(*)
        FROM claimed_coupon AS claim JOIN coupon USING (coupon_id) JOIN person ON person_id = buyer_id
        WHERE login = 'buyer' GROUP BY 1
        """,
        now=world.starts_at,
    )
    assert held.keys() == {"used", "expired", "usable"}


def test_rooms_on_air_have_special_prices_taken_in_part_exhausted_coming_and_running_out(
    database: psycopg.Connection, world: World
) -> None:
    soon = world.starts_at + timedelta(hours=2)
    stands = database.execute(
        """
        SELECT count(*) FILTER (WHERE taken > 0 AND taken < quota AND special_price.ended_at IS NULL),
               count(*) FILTER (WHERE taken = quota AND taken > 1),
               count(*) FILTER (WHERE starts_at > %(now)s),
               count(*) FILTER (WHERE ends_at > %(now)s AND ends_at < %(soon)s AND starts_at <= %(now)s)
        FROM special_price JOIN listing USING (listing_id) JOIN room USING (room_id) WHERE room.state = 'live'
        """,
        {"now": world.starts_at, "soon": soon},
    ).fetchone()
    assert stands is not None
    assert all(stands), stands


def test_past_orders_have_discounts_freight_and_several_lines(database: psycopg.Connection) -> None:
    orders = number(database, "SELECT count(*) FROM shop_order")
    for what in ("discount_fen > 0", "freight_fen > 0", "note <> ''"):
        assert number(database, f"SELECT count(*) FROM shop_order WHERE {what}") > orders // 50, what
    several = "SELECT count(*) FROM (SELECT FROM order_line GROUP BY shop_id, order_id HAVING count(*) > 1) AS s"
    assert number(database, several) > orders // 40
    assert number(database, "SELECT count(*) FROM product_delivery WHERE is_presale") > 0
    assert counted(database, "SELECT basis, count(*) FROM freight_template GROUP BY 1").keys() == {
        "piece",
        "weight",
    }


def test_parcels_stand_at_every_point_of_their_way(database: psycopg.Connection, world: World) -> None:
    states = counted(database, "SELECT state, count(*) FROM shipment GROUP BY 1")
    assert states.keys() >= {state.value for state in ShipmentState} - {"returned"}
    assert number(database, "SELECT count(*) FROM shop_order WHERE state = 'part_shipped'") >= 3
    late = "SELECT count(*) FROM shop_order WHERE state = 'paid' AND ship_due_at < %(now)s"
    assert number(database, late, now=world.starts_at) > 0
    stuck = "SELECT count(*) FROM shipment WHERE is_watched AND moved_at < %(before)s AND purpose <> 'return'"
    assert number(database, stuck, before=world.starts_at - timedelta(hours=72)) > 0
    assert number(database, "SELECT count(*) FROM ship_warning WHERE kind = 'late'") > 0
    assert counted(database, "SELECT purpose, count(*) FROM shipment GROUP BY 1").keys() == {
        "order",
        "return",
        "replacement",
    }


def test_tracks_run_forward_and_none_tells_of_the_future(database: psycopg.Connection, world: World) -> None:
    ahead = "SELECT count(*) FROM track_event WHERE happened_at > %(now)s"
    assert number(database, ahead, now=world.starts_at) == 0
    early = """
        SELECT count(*) FROM track_event AS event JOIN shipment USING (shop_id, shipment_id)
        WHERE event.happened_at < shipment.shipped_at OR event.happened_at > shipment.delivered_at
    """
    assert number(database, early) == 0


def test_wishes_stops_needs_and_quotes_are_there(database: psycopg.Connection) -> None:
    assert counted(database, "SELECT state, count(*) FROM address_change GROUP BY 1").keys() >= {
        "asked",
        "accepted",
        "refused",
    }
    needs = counted(database, "SELECT state, count(*) FROM shipping_need GROUP BY 1")
    assert needs.keys() >= {"open", "accepted", "withdrawn", "expired"}
    assert number(database, "SELECT count(*) FROM shipping_quote WHERE state = 'open'") >= 2
    assert number(database, "SELECT count(*) FROM order_stop WHERE reason = 'risk' AND lifted_at IS NULL") == 2


def test_there_are_cases_of_every_kind_with_words_and_pictures(database: psycopg.Connection) -> None:
    kinds = counted(database, "SELECT kind, count(*) FROM aftersale GROUP BY 1")
    assert kinds.keys() == {kind.value for kind in CaseKind}
    assert number(database, "SELECT count(*) FROM aftersale_step WHERE words <> ''") > 50
    assert number(database, "SELECT count(*) FROM aftersale_step WHERE evidence > 0") > 15
    kept = "SELECT count(*) FROM upload WHERE subject LIKE 'aftersale_step:%%' AND kept_at IS NOT NULL"
    assert number(database, kept) > 15


def test_cases_stand_nearly_everywhere(database: psycopg.Connection, world: World) -> None:
    states = counted(database, "SELECT state, count(*) FROM aftersale GROUP BY 1")
    assert states.keys() <= {state.value for state in CaseState}
    assert len(states) >= (len(CaseState) if world.key == "kuaishou_2022" else 11)
    assert states["arbitration"] >= 1
    assert states["awaiting_seller"] >= 6


def test_deadlines_are_near_and_far_and_none_is_over(database: psycopg.Connection, world: World) -> None:
    left = database.execute("SELECT due_at FROM aftersale WHERE due_at IS NOT NULL").fetchall()
    hours = [(due - world.starts_at) / timedelta(hours=1) for (due,) in left]
    assert min(hours) > 0
    assert any(each < 4 for each in hours)
    assert any(each > 60 for each in hours)


def test_the_offered_merchants_and_buyers_have_cases_to_look_at(
    database: psycopg.Connection, world: World
) -> None:
    logins = [account.login for account in demo_accounts(world)]
    for query in (
        """SELECT login, count(*) FROM aftersale JOIN shop_member USING (shop_id)
           JOIN person ON person.person_id = shop_member.person_id
           WHERE login = ANY(%(logins)s) AND ended_at IS NULL GROUP BY 1""",
        """SELECT login, count(*) FROM aftersale JOIN person ON person_id = buyer_id
           WHERE login = ANY(%(logins)s) AND ended_at IS NULL GROUP BY 1""",
    ):
        assert sum(counted(database, query, logins=logins).values()) >= 2


def test_payments_were_refused_late_and_lost_and_bills_compared(database: psycopg.Connection) -> None:
    states = counted(database, "SELECT state, count(*) FROM payment GROUP BY 1")
    assert states.keys() >= {"succeeded", "refused", "lapsed", "surplus"}
    assert counted(database, "SELECT state, count(*) FROM refund GROUP BY 1").keys() == {"succeeded", "failed"}
    findings = counted(database, "SELECT kind, count(*) FROM payment_finding GROUP BY 1")
    assert findings.keys() >= {"lost_notification", "unknown_payment", "bad_signature", "amount_differs"}
    assert counted(database, "SELECT state, count(*) FROM payment_finding GROUP BY 1").keys() == {
        "open",
        "resolved",
        "ignored",
    }
    assert counted(database, "SELECT state, count(*) FROM provider_bill GROUP BY 1") == {"compared": 7}


def test_reviews_are_shown_answered_held_reported_and_appealed(database: psycopg.Connection) -> None:
    states = counted(database, "SELECT state, count(*) FROM review_part GROUP BY 1")
    assert states.keys() == {"shown", "held", "hidden", "appealed"}
    for what in ("answer IS NOT NULL", "part = 'append'", "open_reports > 0", "picture_count > 0", "body = ''"):
        assert number(database, f"SELECT count(*) FROM review_part WHERE {what}") > 0, what
    assert len(counted(database, "SELECT goods_stars, count(*) FROM review GROUP BY 1")) >= 4


def test_a_carrier_can_sign_in(world: World) -> None:
    assert [account.login for account in demo_accounts(world) if account.role.value == "carrier"]
