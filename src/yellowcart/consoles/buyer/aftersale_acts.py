"""What a buyer does with an after-sale: each form of the case's page and the verb that it calls."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import add_evidence, call_platform
from yellowcart.aftersales.goods_back import SentBack, send_back
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case
from yellowcart.aftersales.negotiate import ChangedRequest, accept_offer, change_case, withdraw_case
from yellowcart.aftersales.replace import confirm_replacement
from yellowcart.aftersales.turns import Said
from yellowcart.consoles.case_forms import amount_in, kind_in, reason_in, version_in, whole_in
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.uploads.received import text_of

Key = tuple[ShopId, AftersaleId]
Fields = Mapping[str, object]
Verb = Callable[[Writer, Person, Key, Fields, Said], Awaitable[Case]]


class BuyerAct(msgspec.Struct, frozen=True):
    """A thing that a buyer can do: its action in the machine, its verb, and what is said when it is done. With
    `form` it has fields of its own; without, a question is asked first."""

    action: Action
    verb: Verb
    done: str
    form: bool = True


async def _withdraw(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await withdraw_case(writer, person, *key, words=said.words, version=version_in(data))


async def _accept(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await accept_offer(writer, person, *key, version=version_in(data))


async def _received(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await confirm_replacement(writer, person, *key, version=version_in(data))


async def _call(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await call_platform(writer, person, *key, said, version=version_in(data))


async def _show(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    return await add_evidence(writer, person, *key, said, actor=Actor.BUYER)


async def _send_back(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    sent = SentBack(
        carrier=text_of(data, "carrier")[:40],
        waybill=text_of(data, "waybill")[:60],
        freight_fen=amount_in(data, "freight") or 0,
    )
    return await send_back(writer, person, *key, sent, said, version=version_in(data))


async def _change(writer: Writer, person: Person, key: Key, data: Fields, said: Said) -> Case:
    kind = kind_in(text_of(data, "kind"))
    if kind is None:
        raise NotFound
    request = ChangedRequest(
        kind=kind,
        reason=reason_in(text_of(data, "reason")),
        quantity=whole_in(data, "quantity"),
        amount_fen=amount_in(data),
    )
    return await change_case(writer, person, *key, request, said, version=version_in(data))


BUYER_ACTS: dict[str, BuyerAct] = {
    "accept": BuyerAct(Action.ACCEPT_OFFER, _accept, N_("Accepted. The shop has been told."), form=False),
    "received": BuyerAct(
        Action.CONFIRM_REPLACEMENT, _received, N_("Thank you. This after-sale is done."), form=False
    ),
    "send-back": BuyerAct(
        Action.SEND_BACK, _send_back, N_("The shop knows that the goods are on their way back.")
    ),
    "change": BuyerAct(Action.CHANGE, _change, N_("Changed. The shop has to answer again.")),
    "call": BuyerAct(
        Action.CALL_PLATFORM, _call, N_("The platform is called. The shop now has to show its evidence.")
    ),
    "evidence": BuyerAct(Action.ADD_EVIDENCE, _show, N_("Added. The other side sees it.")),
    "withdraw": BuyerAct(Action.WITHDRAW, _withdraw, N_("The after-sale is given up."), form=False),
}
"""By the last part of the address, in the order in which a page offers them."""
