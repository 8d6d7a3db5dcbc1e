"""What a shop does with an after-sale: each form of the case's page and the verb that it calls."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import add_evidence
from yellowcart.aftersales.goods_back import confirm_return, name_return_address, reject_return, waive_return
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case
from yellowcart.aftersales.negotiate import Offer, agree, offer, refuse
from yellowcart.aftersales.replace import ReplacementParcel, refund_instead, ship_replacement
from yellowcart.aftersales.turns import Said
from yellowcart.consoles.case_forms import amount_in, kind_in, version_in, whole_in
from yellowcart.consoles.pasted_address import INCOMPLETE, pasted_address
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.wanted import NewAddress
from yellowcart.uploads.received import text_of

Key = tuple[ShopId, AftersaleId]
Fields = Mapping[str, object]
Verb = Callable[[Writer, Person, Key, Fields, Said], Awaitable[Case]]
ADDRESS = "return_address"


class ShopAct(msgspec.Struct, frozen=True):
    """A thing that a shop can do: its action in the machine, its verb, and what is said when it is done. With
    `form` it has fields of its own; without, a question is asked first."""

    action: Action
    verb: Verb
    done: str
    form: bool = True


def address_in(data: Mapping[str, object]) -> NewAddress | None:
    """The address that a form holds as people paste it; None for an empty field. Raises InvalidFields."""
    typed = text_of(data, ADDRESS).strip()
    if not typed:
        return None
    found = pasted_address(typed, ADDRESS)
    return NewAddress(
        recipient=found.recipient,
        phone=found.phone,
        province=found.province,
        city=found.city,
        district=found.district,
        street=found.street,
    )


async def _agree(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await agree(writer, person, *key, said, return_address=address_in(data), version=version_in(data))


async def _refuse(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await refuse(writer, person, *key, said, version=version_in(data))


async def _offer(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    kind = kind_in(text_of(data, "offer_kind"))
    if kind is None:
        raise InvalidFields({"offer_kind": N_("Choose what you offer.")})
    proposed = Offer(kind=kind, amount_fen=amount_in(data))
    return await offer(
        writer, person, *key, proposed, said, return_address=address_in(data), version=version_in(data)
    )


async def _name_address(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    address = address_in(data)
    if address is None:
        raise InvalidFields({ADDRESS: INCOMPLETE})
    return await name_return_address(writer, person, *key, address)


async def _waive(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await waive_return(writer, person, *key, said, version=version_in(data))


async def _take_back(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    restock = whole_in(data, "restock")
    return await confirm_return(writer, person, *key, restock=restock, said=said, version=version_in(data))


async def _reject(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await reject_return(writer, person, *key, said, version=version_in(data))


async def _ship(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    parcel = ReplacementParcel(carrier=text_of(data, "carrier")[:40], waybill=text_of(data, "waybill")[:60])
    return await ship_replacement(writer, person, *key, parcel, said, version=version_in(data))


async def _pay_instead(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await refund_instead(writer, person, *key, said, version=version_in(data))


async def _show(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await add_evidence(writer, person, *key, said, actor=Actor.SELLER)


SHOP_ACTS: dict[str, ShopAct] = {
    "agree": ShopAct(Action.AGREE, _agree, N_("Agreed. The buyer has been told.")),
    "take-back": ShopAct(Action.CONFIRM_RETURN, _take_back, N_("Taken back. The after-sale goes on.")),
    "ship": ShopAct(
        Action.SHIP_REPLACEMENT, _ship, N_("The replacement is on its way. The buyer sees its waybill.")
    ),
    "address": ShopAct(
        Action.NAME_ADDRESS, _name_address, N_("The buyer knows now where to send the goods back to.")
    ),
    "offer": ShopAct(Action.OFFER, _offer, N_("Offered. The buyer accepts or not.")),
    "refuse": ShopAct(
        Action.REFUSE, _refuse, N_("Refused. The buyer may change the request or call the platform.")
    ),
    "reject": ShopAct(
        Action.REJECT_RETURN, _reject, N_("Not taken back. The buyer may accept an offer or call the platform.")
    ),
    "waive": ShopAct(Action.WAIVE_RETURN, _waive, N_("The buyer need not send anything back."), form=False),
    "evidence": ShopAct(Action.ADD_EVIDENCE, _show, N_("Added. The other side sees it.")),
    "pay-instead": ShopAct(Action.REFUND_INSTEAD, _pay_instead, N_("The money goes back instead."), form=False),
}
"""By the last part of the address, in the order in which a page offers them."""
