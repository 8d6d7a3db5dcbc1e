"""A world whose numbers are added up by hand: two creators, four sources, orders that a network reports.

Carts of 小波 (a live room on air, a room that ended, a video) and of 大北 (a room that ended), in the window of
26 January to 24 February 2022:

    item      where                                price   jump-outs   reported
    t1        小波: both rooms and the video       10.00   3           10.00
    t2        小波: live room; 大北: ended room    20.00   0           20.00 (大北)
    t3        小波: live room                      none    2           0
    t4        小波: queued for tomorrow's room     30.00   0           0
    t9        小波: a room before the window       90.00   0           0
    j1 (JD)   小波: live room                      50.00   1           unknown

Taobao also reports 7.00 that no listing could be found for, 99.00 that became invalid, and 500.00 paid before the
window. JD reports nothing. 小波's own goods were paid 90.00, 大北's nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.conftest import MORNING, sign_in_as
from tests.stage_world import YEAR_2018, line, notice
from tests.web.insight.small_world import SmallWorld, insert, small_world
from yellowcart.accounts.model import Role
from yellowcart.insight.simulation_model import Proposal, ProposalState
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, new_id
from yellowcart.links.model import Action, NoticeLine, SourceScope, Surface
from yellowcart.links.store import enact

YESTERDAY = MORNING - timedelta(days=1)
IN_TEN_DAYS = MORNING + timedelta(days=10)
LIVE, VIDEO = Surface.LIVE_CART, Surface.VIDEO_CART
CUT_AND_FEE = (
    line(Action.REFUSE, ("taobao_union",), LIVE, VIDEO),
    NoticeLine(action=Action.ALLOW_WITH_FEE, sources=("jd_union",), surfaces=(LIVE,), fee_basis_points=2_000),
)
"""Taobao leaves both carts; JD pays a fee of 20 % in live rooms."""


@dataclass
class SimulatedWorld:
    """The world and the ids that tests ask about."""

    small: SmallWorld
    dabei: CreatorId
    report_id: int
    listings: dict[str, ListingId]

    @property
    def xiaobo(self) -> CreatorId:
        """The creator of most carts."""
        return self.small.creator_id

    async def reported(
        self, order: str, paid_fen: int, *, listing: str | None = None, at: datetime = YESTERDAY, **values: object
    ) -> None:
        """A line that Taobao reports as paid; attributed to a listing where one is named."""
        row: dict[str, object] = {
            "network": "taobao_union",
            "order_line_id": order,
            "order_id": order,
            "state": "paid",
            "network_word": "12",
            "paid_fen": paid_fen,
            "commission_estimated_fen": paid_fen // 10,
            "paid_at": at,
            "ordered_at": at,
            "revision": 1,
            "report_id": self.report_id,
            "first_reported_at": MORNING,
            "last_reported_at": MORNING,
        }
        if listing is not None:
            surface = "video_cart" if listing.endswith("video") else "live_cart"
            row |= {
                "listing_id": self.listings[listing],
                "attributed_by": "jump",
                "creator_id": self.dabei if listing.endswith("dabei") else self.xiaobo,
                "surface": surface,
            }
        await insert(self.small.writer, "conversion", row | values)


def proposed(*lines: NoticeLine, code: str = "cut", at: datetime = IN_TEN_DAYS) -> Proposal:
    """A draft that nobody has saved."""
    published = notice(code, at, *lines)
    return Proposal(
        code=code, title=published.title, state=ProposalState.DRAFTED, notice=published.notice, is_draft=True
    )


async def simulated_world(database: Database, writer: Writer) -> SimulatedWorld:
    """Everything but what networks report: `report_orders` adds that."""
    small = await small_world(database, writer)
    await enact(writer, notice("2018", YEAR_2018, line(Action.ALLOW, SourceScope.EVERY)), by=None, history=True)
    person = (await sign_in_as(database, Role.CREATOR)).person
    world = SimulatedWorld(small, new_id(CreatorId), new_id(int), {})
    await insert(
        writer,
        "creator",
        {
            "creator_id": world.dabei,
            "person_id": person.person_id,
            "name": "大北",
            "kind": "creator",
            "created_at": MORNING - timedelta(days=60),
        },
    )
    await _carts(world)
    await _viewers(world)
    await _twins(world)
    own = world.listings["own"]
    await small.order(own, 9_000, at=YESTERDAY, state="paid", paid_at=YESTERDAY)
    long_ago = MORNING - timedelta(days=50)
    await small.order(own, 77_700, at=long_ago, state="paid", paid_at=long_ago)
    await small.order(own, 55_500, at=YESTERDAY)
    return world


async def report_orders(world: SimulatedWorld) -> None:
    """What Taobao's report says."""
    person = await world.small.writer.value("SELECT person_id FROM creator LIMIT 1")
    counts = ("row_count", "created_count", "changed_count", "unchanged_count", "stale_count", "wrong_count")
    await insert(
        world.small.writer,
        "conversion_report",
        {
            "report_id": world.report_id,
            "network": "taobao_union",
            "file_name": "orders.csv",
            "format": "csv",
            "content_hash": "x",
            "person_id": person,
            "received_at": MORNING,
            "problems": "[]",
        }
        | dict.fromkeys(counts, 0),
    )
    await world.reported("o1", 1_000, listing="t1")
    await world.reported("o2", 2_000, listing="t2 dabei", state="settled", commission_settled_fen=150)
    await world.reported("o3", 9_900, listing="t3", state="invalid")
    await world.reported("o4", 700)
    await world.reported("o5", 50_000, listing="t1", at=MORNING - timedelta(days=40))


async def _room(world: SimulatedWorld, creator_id: CreatorId, begins: datetime, *, state: str = "ended") -> RoomId:
    room_id = new_id(RoomId)
    await insert(
        world.small.writer,
        "room",
        {
            "room_id": room_id,
            "creator_id": creator_id,
            "title": "专场",
            "state": state,
            "scheduled_at": begins,
            "started_at": begins if state == "ended" else None,
            "ended_at": begins + timedelta(hours=3) if state == "ended" else None,
            "created_at": begins,
        },
    )
    return room_id


async def _carts(world: SimulatedWorld) -> None:
    small = world.small
    ended = await _room(world, world.xiaobo, MORNING - timedelta(days=10))
    early = await _room(world, world.xiaobo, MORNING - timedelta(days=40))
    tomorrow = await _room(world, world.xiaobo, MORNING + timedelta(days=1), state="scheduled")
    of_dabei = await _room(world, world.dabei, MORNING - timedelta(days=5))
    video_id = new_id(int)
    await insert(
        small.writer,
        "video",
        {
            "video_id": video_id,
            "creator_id": world.xiaobo,
            "title": "探店",
            "state": "published",
            "published_at": MORNING - timedelta(days=20),
        },
    )
    on_video = {"surface": "video_cart", "room_id": None, "video_id": video_id}
    video = {**on_video, "put_on_at": MORNING - timedelta(days=20)}
    queued = {"room_id": tomorrow, "state": "queued", "put_on_at": None}
    dabei = {"creator_id": world.dabei, **_over(of_dabei, MORNING - timedelta(days=5))}
    for key, source, item, values in (
        ("t1", "taobao_union", "t1", {"price_fen": 1_000}),
        ("t1 ended", "taobao_union", "t1", {"price_fen": 1_000, **_over(ended, MORNING - timedelta(days=10))}),
        ("t1 video", "taobao_union", "t1", {"price_fen": 1_000, **video}),
        ("t2", "taobao_union", "t2", {"price_fen": 2_000}),
        ("t2 dabei", "taobao_union", "t2", {"price_fen": 2_000, **dabei}),
        ("t3", "taobao_union", "t3", {}),
        ("t4", "taobao_union", "t4", {"price_fen": 3_000, **queued}),
        ("t9", "taobao_union", "t9", {"price_fen": 9_000, **_over(early, MORNING - timedelta(days=40))}),
        ("j1", "jd_union", "j1", {"price_fen": 5_000}),
    ):
        world.listings[key] = await small.outside_listing(source, item, title=f"商品 {key}", **values)
    world.listings["own"] = await small.own_listing()
    world.listings["own dabei"] = await small.own_listing(**dabei)


def _over(room_id: RoomId, begins: datetime) -> dict[str, object]:
    """A listing that stood in a room that is over."""
    return {
        "room_id": room_id,
        "state": "off_cart",
        "off_reason": "room_ended",
        "put_on_at": begins,
        "taken_off_at": begins + timedelta(hours=3),
    }


async def _viewers(world: SimulatedWorld) -> None:
    for key, times in (("t1", 3), ("t3", 2), ("j1", 1), ("own", 4)):
        for number in range(times):
            kind = "tap" if key == "own" else "jump_out"
            await world.small.audience(kind, f"{key}{number}", at=YESTERDAY, listing_id=world.listings[key])
    # Before the window, and today, when it is over.
    for at in (MORNING - timedelta(days=35), MORNING):
        await world.small.audience("jump_out", "late", at=at, listing_id=world.listings["t1"])


async def _twins(world: SimulatedWorld) -> None:
    for item, score, dismissed_at in (("t1", 9_000, None), ("t2", 8_000, MORNING)):
        await insert(
            world.small.writer,
            "twin",
            {
                "source": "taobao_union",
                "item_key": item,
                "shop_id": world.small.shop_id,
                "product_id": world.small.product_id,
                "score_basis_points": score,
                "reasons": "[]",
                "found_at": MORNING,
                "dismissed_at": dismissed_at,
            },
        )
