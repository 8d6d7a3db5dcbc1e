"""A small stage for tests: sources, rules as they stood in 2022, a shop with a product, creators with rooms."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.conftest import SignedIn, sign_in_as
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import CreatorId, NoticeId, ProductId, ShopId, SkuId, VideoId, new_id
from yellowcart.links.model import Action, Notice, NoticeLine, SourceScope, Surface, Wording
from yellowcart.links.rules import shanghai_midnight
from yellowcart.links.store import PublishedNotice, enact
from yellowcart.stage.model import Listing, Room
from yellowcart.stage.rooms import go_live, schedule_room
from yellowcart.stage.videos import publish_video

SOURCES = ("own", "taobao_union", "jd_union", "youzan", "mockuai", "pinduoduo")
YEAR_2018 = shanghai_midnight(date(2018, 6, 1))
NOVEMBER_2021 = shanghai_midnight(date(2021, 11, 1))
MARCH_2022 = shanghai_midnight(date(2022, 3, 1))
BEFORE_NOVEMBER = datetime(2021, 10, 20, 4, 0, tzinfo=UTC)

TAOBAO_TEXT = "【淘宝】铁锅 https://item.taobao.com/item.htm?id={item} 点击链接直接打开"
JD_TEXT = "https://item.jd.com/{item}.html"
YOUZAN_TEXT = "https://h5.youzan.com/v2/goods/2oszxv0yqp{item}"


@dataclass(frozen=True)
class Host:
    """A creator who is signed in."""

    signed_in: SignedIn
    creator_id: CreatorId

    @property
    def person(self) -> Person:
        """Who they are."""
        return self.signed_in.person


async def write_sources(writer: Writer) -> None:
    """The sources that the rules of the world speak of."""
    await writer.run_many(
        """
        INSERT INTO source (source, name_zh, name_en, kind, position)
        VALUES (%(source)s, %(source)s, %(source)s, %(kind)s, %(position)s)
        """,
        [
            {"source": source, "kind": "own" if source == "own" else "other", "position": position}
            for position, source in enumerate(SOURCES)
        ],
    )


def notice(code: str, effective_at: datetime, *lines: NoticeLine) -> PublishedNotice:
    """A notice announced a week before its effect."""
    return PublishedNotice(
        code=code,
        title=Wording(zh=f"{code} 公告", en=f"Notice {code}"),
        notice=Notice(
            id=new_id(NoticeId),
            issuer=Wording("快手", "Kuaishou"),
            text=Wording(zh="正文", en="Text"),
            reason=Wording(zh="合同变更", en="A change of contract"),
            announced_at=effective_at - timedelta(days=7),
            effective_at=effective_at,
            lines=lines,
        ),
        provenance="domain.md §0",
    )


def line(
    action: Action, sources: tuple[str, ...] | SourceScope, *surfaces: Surface, channel: str | None = None
) -> NoticeLine:
    """One sentence of a notice; no surface means every one."""
    return NoticeLine(action=action, sources=sources, surfaces=surfaces or None, channel=channel)


async def write_history(writer: Writer) -> None:
    """The notices of Kuaishou from 2018 to 2022 (domain.md §0)."""
    await write_sources(writer)
    for published in (
        notice("2018", YEAR_2018, line(Action.ALLOW, SourceScope.EVERY)),
        notice("2021-11", NOVEMBER_2021, line(Action.REFUSE, ("youzan", "mockuai"), Surface.LIVE_CART)),
        notice(
            "2022-03",
            MARCH_2022,
            line(Action.REFUSE, ("taobao_union",), Surface.LIVE_CART, Surface.VIDEO_CART, Surface.PRODUCT_PAGE),
            line(Action.REFUSE, ("jd_union",), Surface.LIVE_CART),
        ),
    ):
        await enact(writer, published, by=None, history=True)


async def write_shop(
    writer: Writer, *, price_fen: int = 5_900, stock: int = 500
) -> tuple[ShopId, ProductId, SkuId]:
    """An open shop with one approved product on sale."""
    shop_id, product_id, sku_id, category_id = (
        new_id(ShopId),
        new_id(ProductId),
        new_id(SkuId),
        new_id(int),
    )
    now = clock.now()
    values = {
        "shop_id": shop_id,
        "product_id": product_id,
        "sku_id": sku_id,
        "category_id": category_id,
        "code": f"category-{category_id}",
        "price_fen": price_fen,
        "stock": stock,
        "now": now,
    }
    for statement in (
        "INSERT INTO category (category_id, code, name_zh, name_en, position)"
        " VALUES (%(category_id)s, %(code)s, '厨具', 'Kitchen', 1)",
        "INSERT INTO shop (shop_id, name, kind, state, created_at)"
        " VALUES (%(shop_id)s, '小波厨房', 'own_shop', 'open', %(now)s)",
        "INSERT INTO product (shop_id, product_id, category_id, title, title_en, sale_status, review_status,"
        " draft_status, created_at, updated_at) VALUES (%(shop_id)s, %(product_id)s, %(category_id)s, '铁锅',"
        " 'Iron wok', 'on_sale', 'approved', 'no_draft', %(now)s, %(now)s)",
        "INSERT INTO sku (shop_id, sku_id, product_id, name, price_fen, position)"
        " VALUES (%(shop_id)s, %(sku_id)s, %(product_id)s, '30 厘米', %(price_fen)s, 1)",
        "INSERT INTO stock (shop_id, sku_id, received, available, held, sold)"
        " VALUES (%(shop_id)s, %(sku_id)s, %(stock)s, %(stock)s, 0, 0)",
    ):
        await writer.run(statement, **values)
    return shop_id, product_id, sku_id


async def new_host(database: Database, *, name: str = "小波", shop_id: ShopId | None = None) -> Host:
    """A signed-in creator; a shop's own account when a shop is given."""
    signed_in = await sign_in_as(database, Role.CREATOR, name=name)
    creator_id = new_id(CreatorId)
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO creator (creator_id, person_id, name, kind, shop_id, created_at)
            VALUES (%(creator_id)s, %(person_id)s, %(name)s, %(kind)s, %(shop_id)s, %(now)s)
            """,
            creator_id=creator_id,
            person_id=signed_in.person.person_id,
            name=name,
            kind="creator" if shop_id is None else "shop_account",
            shop_id=shop_id,
            now=clock.now(),
        )
    return Host(signed_in, creator_id)


async def live_room(database: Database, host: Host) -> Room:
    """A room of the host, on air."""
    async with database.writing() as writer:
        room = await schedule_room(writer, host.person, title="午饭吃什么", scheduled_at=clock.now())
        return await go_live(writer, host.person, room.room_id)


async def new_video(database: Database, host: Host) -> VideoId:
    """A published video of the host."""
    async with database.writing() as writer:
        return (await publish_video(writer, host.person, title="三道快手菜")).video_id


async def state_of(database: Database, listing: Listing) -> tuple[str, str | None]:
    """A listing's state and reason as the table has them."""
    async with database.reading() as reader:
        (row,) = await reader.records(
            "SELECT state, off_reason FROM listing WHERE listing_id = %(listing_id)s",
            listing_id=listing.listing_id,
        )
    return row["state"], row["off_reason"]
