"""A merchant's open offer for a product: setting its commission, ending it."""

from datetime import datetime

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.alliance.model import Offer, OfferKind
from yellowcart.alliance.queries import OFFER_COLUMNS
from yellowcart.alliance.rules import COMMISSION_RATE_MAX, takes_effect_at
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import OfferId, ProductId, ShopId, new_id
from yellowcart.kernel.translation import N_


async def set_open_offer(
    writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId, commission_rate: int
) -> Offer:
    """Promise every creator `commission_rate` basis points of the commission base. A rise counts at once, a cut
    from the next midnight (Shanghai); a change that was waiting is replaced. Answers the offer that will count.

    Raises NotFound, InvalidFields.
    """
    if not 0 <= commission_rate <= COMMISSION_RATE_MAX:
        raise InvalidFields({"commission_rate": N_("A commission from 0 to 90 percent.")})
    current = await _current_alone(writer, person, shop_id, product_id)
    if current is not None and current.commission_rate == commission_rate:
        return current
    now = clock.now()
    moment = takes_effect_at(now, current.commission_rate if current else None, commission_rate)
    offer = await _replace(writer, current, shop_id, product_id, commission_rate, moment)
    await audit.record(
        writer,
        person,
        "alliance:offer:set",
        f"product:{product_id}",
        before=None if current is None else {"commission_rate": current.commission_rate},
        after={"commission_rate": commission_rate, "valid_from": moment},
    )
    await product_changed(writer, shop_id, product_id)
    return offer


async def end_open_offer(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> None:
    """Take the open offer back from the next midnight (Shanghai) on. Raises NotFound, also when there is none."""
    current = await _current_alone(writer, person, shop_id, product_id)
    if current is None:
        raise NotFound
    moment = takes_effect_at(clock.now(), current.commission_rate, None)
    await _end(writer, current, moment)
    await audit.record(
        writer,
        person,
        "alliance:offer:end",
        f"product:{product_id}",
        before={"commission_rate": current.commission_rate},
        after={"valid_until": moment},
    )
    await product_changed(writer, shop_id, product_id)


async def _current_alone(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> Offer | None:
    """The open offer in force, without end, once every change that only waited is gone. Holds the product's row,
    so that two members of a shop set one offer after the other."""
    await require_member(writer, person, shop_id)
    if not await writer.value(
        """
        SELECT true FROM product
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s AND sale_status <> 'retired'
        ORDER BY shop_id, product_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        product_id=product_id,
    ):
        raise NotFound
    places: dict[str, object] = {"shop_id": shop_id, "product_id": product_id, "now": clock.now()}
    await writer.run(
        """
        DELETE FROM offer
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s AND kind = 'open' AND valid_from > %(now)s
        """,
        **places,
    )
    return await writer.row(
        Offer,
        f"""
        UPDATE offer SET valid_until = NULL
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s AND kind = 'open'
          AND valid_from <= %(now)s AND (valid_until IS NULL OR valid_until > %(now)s)
        RETURNING {OFFER_COLUMNS}
        """,  # noqa: S608 - put together from constants of ours
        **places,
    )


async def _replace(
    writer: Writer,
    current: Offer | None,
    shop_id: ShopId,
    product_id: ProductId,
    commission_rate: int,
    moment: datetime,
) -> Offer:
    if current is not None and current.valid_from == moment:
        # It began at this very moment and a period cannot be empty: its rate is corrected instead.
        await writer.run(
            "UPDATE offer SET commission_rate = %(rate)s WHERE shop_id = %(shop_id)s AND offer_id = %(offer_id)s",
            rate=commission_rate,
            shop_id=shop_id,
            offer_id=current.offer_id,
        )
        return msgspec.structs.replace(current, commission_rate=commission_rate)
    if current is not None:
        await _end(writer, current, moment)
    offer = Offer(
        shop_id=shop_id,
        offer_id=new_id(OfferId),
        product_id=product_id,
        kind=OfferKind.OPEN,
        creator_id=None,
        commission_rate=commission_rate,
        valid_from=moment,
        valid_until=None,
    )
    await writer.run(
        """
        INSERT INTO offer (shop_id, offer_id, product_id, kind, creator_id, commission_rate, valid_from,
                           valid_until)
        VALUES (%(shop_id)s, %(offer_id)s, %(product_id)s, %(kind)s, NULL, %(commission_rate)s, %(valid_from)s,
                NULL)
        """,
        shop_id=shop_id,
        offer_id=offer.offer_id,
        product_id=product_id,
        kind=offer.kind.value,
        commission_rate=commission_rate,
        valid_from=moment,
    )
    return offer


async def _end(writer: Writer, offer: Offer, moment: datetime) -> None:
    await writer.run(
        "UPDATE offer SET valid_until = %(moment)s WHERE shop_id = %(shop_id)s AND offer_id = %(offer_id)s",
        moment=moment,
        shop_id=offer.shop_id,
        offer_id=offer.offer_id,
    )
