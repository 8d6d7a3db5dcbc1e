"""Making a coupon, raising its stock, and stopping it. Its terms are fixed once it is made: what a buyer has
claimed stays what it was."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import PLATFORM, publish
from yellowcart.kernel.ids import CouponId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.promotions.changes import coupon_changed
from yellowcart.promotions.errors import CouponsTooMany
from yellowcart.promotions.events import CouponMade, CouponStoppedForGood
from yellowcart.promotions.makers import CouponMaker, lock_own_coupon
from yellowcart.promotions.model import Coupon, CouponState, Funder
from yellowcart.promotions.new_coupon import STOCK_MAX, NewCoupon, Problem, new_coupon_problems
from yellowcart.promotions.rules import require_coupon_move

RUNNING_MAX = 200
"""Coupons of one maker that are neither stopped nor past their claim window."""


async def make_coupon(writer: Writer, person: Person, maker: CouponMaker, new: NewCoupon) -> Coupon:
    """Make a coupon at the maker's cost; it is open from its claim window on, or prepared until it is dropped.

    Raises InvalidFields, CouponsTooMany.
    """
    problems = new_coupon_problems(new, clock.now()) or await _scope_problems(writer, maker, new)
    if problems:
        raise InvalidFields(problems)
    await _require_room_for_more(writer, maker)
    coupon = Coupon(
        **{name: getattr(new, name) for name in NewCoupon.__struct_fields__ if name in Coupon.__struct_fields__}
        | {"title": new.title.strip(), "title_en": new.title_en.strip()},
        coupon_id=new_id(CouponId),
        funder=maker.funder,
        shop_id=maker.shop_id,
        creator_id=maker.creator_id,
        claimed=0,
        state=CouponState.PREPARED if new.prepared else CouponState.OPEN,
        made_by=person.person_id,
        made_at=clock.now(),
        stopped_at=None,
    )
    await _insert(writer, coupon)
    await publish(
        writer,
        CouponMade(
            coupon_id=coupon.coupon_id, funder=maker.funder, shop_id=maker.shop_id, creator_id=maker.creator_id
        ),
        shop_id=maker.shop_id or PLATFORM,
    )
    await audit.record(writer, person, "promotions:coupon:make", f"coupon:{coupon.coupon_id}", after=coupon)
    return coupon


async def raise_stock(
    writer: Writer, person: Person, maker: CouponMaker, coupon_id: CouponId, stock: int
) -> Coupon:
    """Set how many there are in all: more, or fewer, but never fewer than were claimed.

    Raises NotFound, InvalidFields, CouponMoveImpossible for a stopped one.
    """
    coupon = await lock_own_coupon(writer, maker, coupon_id)
    if coupon.state is CouponState.STOPPED:
        require_coupon_move(coupon.state, CouponState.OPEN)
    least = max(coupon.claimed, 1)
    if not least <= stock <= STOCK_MAX:
        sentence = N_("From %(least)s, as many as are claimed, to %(most)s.")
        raise InvalidFields({"stock": (sentence, {"least": f"{least:,}", "most": f"{STOCK_MAX:,}"})})
    await writer.run(
        "UPDATE coupon SET stock = %(stock)s WHERE coupon_id = %(coupon_id)s", stock=stock, coupon_id=coupon_id
    )
    await coupon_changed(writer, coupon_id)
    await audit.record(
        writer,
        person,
        "promotions:coupon:stock",
        f"coupon:{coupon_id}",
        before={"stock": coupon.stock},
        after={"stock": stock},
    )
    return msgspec.structs.replace(coupon, stock=stock)


async def stop_coupon(writer: Writer, person: Person, maker: CouponMaker, coupon_id: CouponId) -> Coupon:
    """Give no more of it out, for good. What buyers claimed stays good until its use window ends.

    Raises NotFound, CouponMoveImpossible.
    """
    coupon = await lock_own_coupon(writer, maker, coupon_id)
    require_coupon_move(coupon.state, CouponState.STOPPED)
    now = clock.now()
    await writer.run(
        "UPDATE coupon SET state = 'stopped', stopped_at = %(now)s WHERE coupon_id = %(coupon_id)s",
        now=now,
        coupon_id=coupon_id,
    )
    await coupon_changed(writer, coupon_id)
    stopped = CouponStoppedForGood(coupon_id=coupon_id, claimed=coupon.claimed)
    await publish(writer, stopped, shop_id=coupon.shop_id or PLATFORM)
    await audit.record(
        writer,
        person,
        "promotions:coupon:stop",
        f"coupon:{coupon_id}",
        before={"state": coupon.state.value},
        after={"state": CouponState.STOPPED.value},
    )
    return msgspec.structs.replace(coupon, state=CouponState.STOPPED, stopped_at=now)


async def _scope_problems(reader: Reader, maker: CouponMaker, new: NewCoupon) -> dict[str, Problem]:
    """What the database knows against it: goods of another shop, a room that is over or another's."""
    problems: dict[str, Problem] = {}
    if new.prepared and maker.funder is not Funder.CREATOR:
        problems["prepared"] = N_("Only a creator drops a coupon into a room.")
    if new.product_ids:
        known = await reader.value(
            """
            SELECT count(*) FROM product
            WHERE product_id = ANY(%(product_ids)s) AND (%(shop_id)s::bigint IS NULL OR shop_id = %(shop_id)s)
            """,
            product_ids=list(new.product_ids),
            shop_id=maker.shop_id,
        )
        if known < len(new.product_ids):
            problems["product_ids"] = N_("Choose among the products that are listed here.")
    if new.room_id is not None:
        found = await reader.value(
            """
            SELECT count(*) FROM room
            WHERE room_id = %(room_id)s AND state <> 'ended'
              AND (%(creator_id)s::bigint IS NULL OR creator_id = %(creator_id)s)
            """,
            room_id=new.room_id,
            creator_id=maker.creator_id,
        )
        if not found:
            problems["room_id"] = N_("Choose a room that is announced or on air.")
    return problems


async def _require_room_for_more(writer: Writer, maker: CouponMaker) -> None:
    # One at a time for each maker, so that two at once do not both find room.
    await writer.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(maker)s, 0))",
        maker=f"coupon maker {maker.funder.value} {maker.shop_id} {maker.creator_id}",
    )
    running = await writer.value(
        """
        SELECT count(*) FROM coupon
        WHERE funder = %(funder)s AND state <> 'stopped' AND claim_until > %(now)s
          AND shop_id IS NOT DISTINCT FROM %(shop_id)s AND creator_id IS NOT DISTINCT FROM %(creator_id)s
        """,
        funder=maker.funder.value,
        now=clock.now(),
        shop_id=maker.shop_id,
        creator_id=maker.creator_id,
    )
    if running >= RUNNING_MAX:
        raise CouponsTooMany(most=RUNNING_MAX)


async def _insert(writer: Writer, coupon: Coupon) -> None:
    values = msgspec.structs.asdict(coupon) | {"product_ids": sorted(coupon.product_ids)}
    await writer.run(
        """
        INSERT INTO coupon (coupon_id, funder, shop_id, creator_id, room_id, title, title_en, product_ids,
                            threshold_fen, kind, off_fen, off_rate, off_max_fen, usable_from, usable_until,
                            stock, claimed, per_buyer_limit, claim_from, claim_until, state, made_by, made_at,
                            stopped_at)
        VALUES (%(coupon_id)s, %(funder)s, %(shop_id)s, %(creator_id)s, %(room_id)s, %(title)s, %(title_en)s,
                %(product_ids)s, %(threshold_fen)s, %(kind)s, %(off_fen)s, %(off_rate)s, %(off_max_fen)s,
                %(usable_from)s, %(usable_until)s, %(stock)s, %(claimed)s, %(per_buyer_limit)s, %(claim_from)s,
                %(claim_until)s, %(state)s, %(made_by)s, %(made_at)s, %(stopped_at)s)
        """,
        **values,
    )
