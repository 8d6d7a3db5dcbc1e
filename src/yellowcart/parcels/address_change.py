"""Another address for an order that has not left: one side asks, the other answers, and shipping uses the answer.

It is possible between payment and the first parcel, and only where delivery costs the same: what the buyer paid
stays what they owe. Who lives where is personal; the audit trail names districts, never streets.
"""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import members_of, require_member
from yellowcart.freight.districts import provinces
from yellowcart.freight.queries import delivery_terms_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, PersonId, ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.orders.addresses import AddressEntry, check_entry
from yellowcart.orders.deliver_to import deliver_to, destination_of
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.rules import may_go_elsewhere
from yellowcart.orders.store import LockedOrder, lines_of_locked, lock_order
from yellowcart.parcels.errors import (
    AddressChangeDone,
    AddressChangeOpen,
    AddressChangesTooMany,
    AddressChangeUnknown,
    AddressSame,
    AddressSettled,
    FreightDiffers,
)
from yellowcart.parcels.model import AddressChange, AddressChangeId, AddressChangeState
from yellowcart.parcels.needs.elsewhere import send_need_elsewhere
from yellowcart.parcels.rules import ADDRESS_CHANGES_MAX, freight_stays, may_answer, may_wish_again

NOTE_LENGTH_MAX = 200
CHANGES_SHOWN_MAX = 50
assert CHANGES_SHOWN_MAX >= 2 * ADDRESS_CHANGES_MAX, "who counts wishes sees all of them"
_COLUMNS = ", ".join(AddressChange.__struct_fields__)


async def ask_address_change(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, entry: AddressEntry, note: str = ""
) -> AddressChangeId:
    """The buyer asks for another address; the shop answers. Raises InvalidFields, OrderUnknown, AddressSettled,
    AddressChangeOpen (one is waiting already), AddressChangesTooMany, AddressSame, FreightDiffers."""
    address = check_entry(entry)
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    return await _ask(writer, person, order, address, note, by_shop=False)


async def offer_address_change(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, entry: AddressEntry, note: str = ""
) -> AddressChangeId:
    """The shop proposes another address (a telephone call, a carrier that does not go there); the buyer answers.
    Raises NotFound and what `ask_address_change` raises."""
    await require_member(writer, person, shop_id)
    address = check_entry(entry)
    order = await lock_order(writer, shop_id, order_id)
    return await _ask(writer, person, order, address, note, by_shop=True)


async def answer_address_change(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    order_id: OrderId,
    change_id: AddressChangeId,
    *,
    accepted: bool,
    answer: str = "",
) -> None:
    """Accept or refuse it: the shop what the buyer asked, the buyer what the shop proposed. A shipping need of the
    order goes along to the new address (`needs.elsewhere`).

    The same answer again is no error. Raises OrderUnknown or NotFound (not yours), AddressChangeUnknown (none, or
    not yours to answer), AddressChangeDone, AddressSettled (the order moved on), FreightDiffers (freight was
    changed meanwhile), InvalidFields.
    """
    order, change = await _held(writer, shop_id, order_id, change_id)
    await _require_side(writer, person, order, by_shop=not change.by_shop)
    after = AddressChangeState.ACCEPTED if accepted else AddressChangeState.REFUSED
    if change.state is after:
        return
    if not may_answer(change.state, after):
        raise AddressChangeDone
    if accepted:
        if not may_go_elsewhere(order.state):
            raise AddressSettled
        await _require_same_freight(writer, order, change.old_address, change.new_address)
        await deliver_to(writer, order, change.new_address)
        await send_need_elsewhere(writer, order, change.new_address, change.change_id)
    await _close(writer, person, change, after, _short("answer", answer))
    await _tell(writer, order, change, after, answer)


async def withdraw_address_change(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, change_id: AddressChangeId
) -> None:
    """Who asked takes it back. Taking it back twice is no error. Raises OrderUnknown or NotFound (not yours),
    AddressChangeUnknown, AddressChangeDone."""
    order, change = await _held(writer, shop_id, order_id, change_id)
    await _require_side(writer, person, order, by_shop=change.by_shop)
    if change.state is AddressChangeState.WITHDRAWN:
        return
    if not may_answer(change.state, AddressChangeState.WITHDRAWN):
        raise AddressChangeDone
    await _close(writer, person, change, AddressChangeState.WITHDRAWN, "")


async def overtake_address_change(writer: Writer, shop_id: ShopId, order_id: OrderId) -> None:
    """An order ended while somebody waited for an answer: the wish ends with it."""
    await writer.run(
        """
        UPDATE address_change SET state = 'overtaken', decided_at = %(now)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'asked'
        """,
        shop_id=shop_id,
        order_id=order_id,
        now=clock.now(),
    )


async def address_changes_of(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[AddressChange]:
    """The wishes for other addresses of an order, the latest first. The caller has checked whose order it is."""
    return await reader.rows(
        AddressChange,
        f"SELECT {_COLUMNS} FROM address_change"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s ORDER BY change_id DESC LIMIT %(most)s",
        shop_id=shop_id,
        order_id=order_id,
        most=CHANGES_SHOWN_MAX,
    )


async def _ask(
    writer: Writer, person: Person, order: LockedOrder, address: DeliveryAddress, note: str, *, by_shop: bool
) -> AddressChangeId:
    if not may_go_elsewhere(order.state):
        raise AddressSettled
    known = await address_changes_of(writer, order.shop_id, order.order_id)
    if any(change.state is AddressChangeState.ASKED for change in known):
        raise AddressChangeOpen
    if not may_wish_again(known, by_shop=by_shop):
        raise AddressChangesTooMany(most=ADDRESS_CHANGES_MAX)
    old = await destination_of(writer, order)
    if _without_code(old) == _without_code(address):
        raise AddressSame
    await _require_same_freight(writer, order, old, address)
    change = AddressChange(
        shop_id=order.shop_id,
        order_id=order.order_id,
        change_id=new_id(AddressChangeId),
        state=AddressChangeState.ASKED,
        by_shop=by_shop,
        asked_by=person.person_id,
        old_address=old,
        new_address=address,
        note=_short("note", note),
        asked_at=clock.now(),
        decided_at=None,
        answer="",
    )
    values = msgspec.structs.asdict(change) | {
        "state": change.state.value,
        "old_address": json_value(old),
        "new_address": json_value(address),
    }
    await writer.run(
        """
        INSERT INTO address_change (shop_id, order_id, change_id, state, by_shop, asked_by, old_address,
                                    new_address, note, asked_at)
        VALUES (%(shop_id)s, %(order_id)s, %(change_id)s, %(state)s, %(by_shop)s, %(asked_by)s, %(old_address)s,
                %(new_address)s, %(note)s, %(asked_at)s)
        """,
        **values,
    )
    await _record(writer, person, change, AddressChangeState.ASKED)
    await _tell(writer, order, change, AddressChangeState.ASKED, "")
    return change.change_id


async def _held(
    writer: Writer, shop_id: ShopId, order_id: OrderId, change_id: AddressChangeId
) -> tuple[LockedOrder, AddressChange]:
    """The wish; the order's lock is the lock of its wishes."""
    order = await lock_order(writer, shop_id, order_id)
    change = await writer.row(
        AddressChange,
        f"SELECT {_COLUMNS} FROM address_change"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND change_id = %(change_id)s",
        shop_id=shop_id,
        order_id=order_id,
        change_id=change_id,
    )
    if change is None:
        raise AddressChangeUnknown
    return order, change


async def _require_side(writer: Writer, person: Person, order: LockedOrder, *, by_shop: bool) -> None:
    if by_shop:
        await require_member(writer, person, order.shop_id)
    elif order.buyer_id != person.person_id:
        raise AddressChangeUnknown


async def _require_same_freight(
    writer: Writer, order: LockedOrder, before: DeliveryAddress, after: DeliveryAddress
) -> None:
    products = {line.product_id for line in await lines_of_locked(writer, order)}
    terms = await delivery_terms_of(writer, order.shop_id, products)
    freights = [each.freight for each in terms.values()]
    if not freight_stays(freights, _province_code(before), _province_code(after)):
        raise FreightDiffers


def _province_code(address: DeliveryAddress) -> str:
    """The province's code; addresses older than the district data have only its name."""
    if address.district_code:
        return f"{address.district_code[:2]}0000"
    return next((code for code, name in provinces().items() if name == address.province), "")


async def _close(
    writer: Writer, person: Person, change: AddressChange, after: AddressChangeState, answer: str
) -> None:
    await writer.run(
        """
        UPDATE address_change
        SET state = %(state)s, decided_at = %(now)s, decided_by = %(person_id)s, answer = %(answer)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND change_id = %(change_id)s
        """,
        state=after.value,
        now=clock.now(),
        person_id=person.person_id,
        answer=answer,
        shop_id=change.shop_id,
        order_id=change.order_id,
        change_id=change.change_id,
    )
    await _record(writer, person, change, after)


async def _record(writer: Writer, person: Person, change: AddressChange, after: AddressChangeState) -> None:
    await audit.record(
        writer,
        person,
        f"parcels:address:{after.value}",
        f"order:{change.order_id}",
        before={"district": change.old_address.district},
        after={"district": change.new_address.district, "by_shop": change.by_shop},
    )


async def _tell(
    writer: Writer, order: LockedOrder, change: AddressChange, after: AddressChangeState, answer: str
) -> None:
    """Tell the side that must answer, or the one that was answered."""
    asked = after is AddressChangeState.ASKED
    to_shop = change.by_shop is not asked
    title, body = _WORDS[after]
    if to_shop:
        persons: list[PersonId] = [each.person_id for each in await members_of(writer, order.shop_id)]
        link = f"/merchant/{order.shop_id}/orders/{order.order_id}"
    else:
        persons, link = [order.buyer_id], f"/orders/{order.shop_id}/{order.order_id}"
    words = (change.note if asked else answer).strip()[:NOTE_LENGTH_MAX]
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=person_id,
                kind="address_change",
                occasion=f"address_change:{change.change_id}:{after.value}",
                title=title,
                body=body,
                parts={"number": str(order.order_id), "words": words},
                link=link,
            )
            for person_id in persons
        ],
    )


_WORDS = {
    AddressChangeState.ASKED: (
        N_("Another address for order %(number)s?"),
        N_("The parcel shall go to another address. Please answer before the order is shipped.\n%(words)s"),
    ),
    AddressChangeState.ACCEPTED: (
        N_("Order %(number)s goes to the new address"),
        N_("The change of the address was accepted.\n%(words)s"),
    ),
    AddressChangeState.REFUSED: (
        N_("Order %(number)s keeps its address"),
        N_("The change of the address was refused.\n%(words)s"),
    ),
}


def _short(field: str, words: str) -> str:
    words = words.strip()
    if len(words) > NOTE_LENGTH_MAX or "\0" in words:
        raise InvalidFields({field: (N_("Please write at most %(most)s characters."), {"most": NOTE_LENGTH_MAX})})
    return words


def _without_code(address: DeliveryAddress) -> DeliveryAddress:
    return msgspec.structs.replace(address, district_code="")
