"""What a shop lets rules decide for it, and where its buyers send goods back to."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.aftersales.rules import SMALL_REFUND_MAX_FEN, ShopRules
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.wanted import NewAddress


class ShopSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a shop, and the address that goods are sent back to; None while it named none."""

    rules: ShopRules
    return_address: DeliveryAddress | None


class _Row(ShopRules, frozen=True, kw_only=True):
    return_address: DeliveryAddress | None


async def shop_rules(reader: Reader, shop_id: ShopId) -> ShopSettings:
    """The settings of a shop; the platform's defaults where it chose nothing."""
    row = await reader.row(
        _Row,
        """
        SELECT small_refund_only, small_refund_fen, no_reason_in_time, quality_return, price_dropped,
               return_address
        FROM aftersale_shop WHERE shop_id = %(shop_id)s
        """,
        shop_id=shop_id,
    )
    if row is None:
        return ShopSettings(rules=ShopRules(), return_address=None)
    values = msgspec.structs.asdict(row)
    return ShopSettings(return_address=values.pop("return_address"), rules=ShopRules(**values))


async def change_shop_rules(
    writer: Writer, person: Person, shop_id: ShopId, rules: ShopRules, return_address: NewAddress | None
) -> ShopSettings:
    """A merchant chooses the shop's rules and its return address (None keeps the one there is).

    Raises NotFound (not your shop), InvalidFields (`small_refund`), DistrictUnknown.
    """
    await require_member(writer, person, shop_id)
    if not 0 <= rules.small_refund_fen <= SMALL_REFUND_MAX_FEN:
        most = write_yuan(SMALL_REFUND_MAX_FEN)
        raise InvalidFields({"small_refund": (N_("Choose from 0 to %(most)s yuan."), {"most": most})})
    before = await shop_rules(writer, shop_id)
    address = before.return_address
    if return_address is not None:
        address = return_address.delivery(return_address.found())
    await writer.run(
        """
        INSERT INTO aftersale_shop (shop_id, small_refund_only, small_refund_fen, no_reason_in_time,
                                    quality_return, price_dropped, return_address, changed_by, changed_at)
        VALUES (%(shop_id)s, %(small_refund_only)s, %(small_refund_fen)s, %(no_reason_in_time)s,
                %(quality_return)s, %(price_dropped)s, %(return_address)s, %(person_id)s, %(now)s)
        ON CONFLICT (shop_id) DO UPDATE
        SET small_refund_only = excluded.small_refund_only, small_refund_fen = excluded.small_refund_fen,
            no_reason_in_time = excluded.no_reason_in_time, quality_return = excluded.quality_return,
            price_dropped = excluded.price_dropped, return_address = excluded.return_address,
            changed_by = excluded.changed_by, changed_at = excluded.changed_at
        """,
        shop_id=shop_id,
        **msgspec.structs.asdict(rules),
        return_address=None if address is None else json_value(address),
        person_id=person.person_id,
        now=clock.now(),
    )
    after = ShopSettings(rules=rules, return_address=address)
    await audit.record(writer, person, "aftersales:shop:change", f"shop:{shop_id}", before=before, after=after)
    return after
