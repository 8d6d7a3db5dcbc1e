"""Received orders for tests, written straight into the tables: reviews begin where orders end."""

from dataclasses import dataclass

from tests.conftest import SignedIn, sign_in_as
from tests.small_world import PRICE_FEN, SmallWorld
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.sessions import open_session
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId, new_id
from yellowcart.orders.model import OrderState
from yellowcart.reviews.model import NewReview, ReviewSum, Stars
from yellowcart.reviews.queries import sum_of_product, sum_of_shop
from yellowcart.reviews.write import WrittenReview, write_review
from yellowcart.uploads.model import Upload, UploadId, UploadPurpose
from yellowcart.uploads.queries import waiting_uploads


@dataclass(frozen=True)
class Received:
    """An order of one buyer with its lines."""

    world: SmallWorld
    buyer: SignedIn
    order_id: OrderId
    line_ids: tuple[OrderLineId, ...]

    @property
    def shop_id(self) -> ShopId:
        """The shop."""
        return self.world.shop_id

    @property
    def path(self) -> str:
        """The order's address."""
        return f"/orders/{self.shop_id}/{self.order_id}"


async def received_order(
    database: Database,
    world: SmallWorld,
    *,
    buyer: SignedIn | None = None,
    state: OrderState = OrderState.RECEIVED,
    refunded: bool = False,
    lines: int = 1,
) -> Received:
    """An order of the small world's product in some state; `refunded` gives back all of its first line."""
    order = Received(
        world=world,
        buyer=buyer or await sign_in_as(database, name="林小满"),
        order_id=new_id(OrderId),
        line_ids=tuple(new_id(OrderLineId) for _ in range(lines)),
    )
    async with database.writing() as writer:
        await _order(writer, order, state)
        for number, line_id in enumerate(order.line_ids):
            await _line(writer, order, line_id, refunded=refunded and number == 0)
    return order


async def _order(writer: Writer, order: Received, state: OrderState) -> None:
    total = PRICE_FEN * len(order.line_ids)
    paid = state not in {OrderState.SUBMITTED, OrderState.CLOSED}
    shipped = state in {OrderState.SHIPPED, OrderState.RECEIVED, OrderState.COMPLETED}
    now = clock.now()
    await writer.run(
        """
        INSERT INTO shop_order (shop_id, order_id, buyer_id, state, close_reason, closed_at, surface, room_id,
                                creator_id, goods_fen, discount_fen, freight_fen, total_fen, address,
                                idempotency_key, request_hash, submitted_at, hold_until, hold_s, paid_at,
                                ship_within_s, ship_due_at, shipped_at, confirm_due_at, received_at)
        VALUES (%(shop_id)s, %(order_id)s, %(buyer_id)s, %(state)s, %(reason)s, %(closed_at)s, 'live_cart',
                %(room_id)s, %(creator_id)s, %(total)s, 0, 0, %(total)s,
                '{"recipient": "林小满", "phone": "13800000001", "province": "福建省", "city": "泉州市",
                  "district": "安溪县", "street": "茶都路 1 号"}',
                %(order_id)s::text, '', %(now)s, %(now)s, 1800, %(paid_at)s, 172800, %(paid_at)s, %(shipped_at)s,
                %(shipped_at)s, %(received_at)s)
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        buyer_id=order.buyer.person.person_id,
        state=state.value,
        reason="lapsed" if state is OrderState.CLOSED else None,
        closed_at=now if state is OrderState.CLOSED else None,
        room_id=order.world.room_id,
        creator_id=order.world.creator_id,
        total=total,
        now=now,
        paid_at=now if paid else None,
        shipped_at=now if shipped else None,
        received_at=now if shipped and state is not OrderState.SHIPPED else None,
    )


async def _line(writer: Writer, order: Received, line_id: OrderLineId, *, refunded: bool) -> None:
    await writer.run(
        """
        INSERT INTO order_line (shop_id, order_id, order_line_id, listing_id, product_id, sku_id, category_id,
                                title, title_en, sku_name, sku_name_en, picture_url, quantity, list_price_fen,
                                unit_price_fen, total_fen, discount_fen, freight_fen, payable_fen, return_rule,
                                return_rule_accepted, confirm_days, terms, refunded_fen)
        SELECT %(shop_id)s, %(order_id)s, %(line_id)s, %(listing_id)s, product_id, %(sku_id)s, category_id,
               '铁观音', 'Tieguanyin', '1 号', 'No. 1', '', 1, %(price)s, %(price)s, %(price)s, 0, 0, %(price)s,
               'no_reason', false, 10, '{}', %(refunded)s
        FROM product WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        line_id=line_id,
        listing_id=order.world.listing_id,
        product_id=order.world.product_id,
        sku_id=order.world.sku_id,
        price=PRICE_FEN,
        refunded=PRICE_FEN if refunded else 0,
    )


async def rated(
    database: Database,
    order: Received,
    goods: int = 5,
    body: str = "茶很香",
    *,
    line: int = 0,
    is_anonymous: bool = False,
    upload_ids: tuple[int, ...] = (),
) -> WrittenReview:
    """The buyer rates a line: `goods` stars, four for the parcel, three for the service."""
    review = NewReview(
        stars=Stars(goods=goods, parcel=4, service=3), body=body, is_anonymous=is_anonymous, upload_ids=upload_ids
    )
    async with database.writing() as writer:
        return await write_review(
            writer, order.buyer.person, order.shop_id, order.order_id, order.line_ids[line], review
        )


async def sums(database: Database, order: Received) -> ReviewSum:
    """The sums of the order's product; the shop has no other, so its own are the same."""
    async with database.reading() as reader:
        of_product = await sum_of_product(reader, order.shop_id, order.world.product_id)
        assert await sum_of_shop(reader, order.shop_id) == of_product
    return of_product


async def brought_picture(database: Database, person: Person) -> Upload:
    """A picture that a person has brought for a review, as far as the tables know."""
    upload_id = new_id(UploadId)
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO upload (upload_id, person_id, purpose, kind, declared_name, byte_size, width, height,
                                storage_key, content_hash, created_at, kept_at)
            VALUES (%(id)s, %(person)s, 'review', 'jpeg', 'a.jpg', 1, 120, 80, %(id)s::text, '', %(now)s, %(now)s)
            """,
            id=upload_id,
            person=person.person_id,
            now=clock.now(),
        )
        return (await waiting_uploads(writer, person.person_id, UploadPurpose.REVIEW, [upload_id]))[0]


async def merchant_of(database: Database, world: SmallWorld) -> SignedIn:
    """The world's merchant, signed in."""
    async with database.writing() as writer:
        session = await open_session(writer, world.merchant_id, address="", user_agent="test")
    return SignedIn(person=session.person, token=session.token)


async def moderator(database: Database, role: Role = Role.OPERATOR) -> SignedIn:
    """Somebody who decides what is shown."""
    return await sign_in_as(database, role, name="审核员")
