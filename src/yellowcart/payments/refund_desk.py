"""What an operator does with a refund that the provider will not carry out: ask the provider how it stands, have
it tried again, or give the money back by hand (a bank transfer, the provider's own back office) and write down by
which receipt.

A refund counts as failed also when the provider gave no answer for a week: what became of it there is not known.
So nothing is ended by hand before the provider, asked at that moment, has said that it did not give the money back
and will not. There is no way around a provider that does not say so: its silence may hide a refund. What was paid
by hand too early can be written down as soon as it answers, while money that went out twice does not come back.
"""

import re

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.stop import require_outsider
from yellowcart.orders.store import LockedOrder, lock_order
from yellowcart.payments.errors import (
    PaymentDoubtful,
    ProviderRefused,
    ProviderSilent,
    RefundDoneThere,
    RefundJustSent,
    RefundMoved,
    RefundUncertain,
    RefundUnderWayThere,
)
from yellowcart.payments.gateway import GatewayState, RefundAnswer
from yellowcart.payments.model import RefundState
from yellowcart.payments.providers import Gateways
from yellowcart.payments.references import reference_of
from yellowcart.payments.refund_outcome import tell_of_success, write_down
from yellowcart.payments.refunds import Refund, read_refund
from yellowcart.payments.rules import SENT_QUIET_S, ByHand, by_hand, was_just_sent

_RECEIPT = re.compile(r"[\w .:/#-]{4,64}")


async def try_again(writer: Writer, person: Person, shop_id: ShopId, refund_id: int) -> None:
    """Have a failed refund carried out again, at once. Raises RefundUnknown, RefundMoved."""
    _, refund = await _failed(writer, shop_id, refund_id)
    await writer.run(
        """
        UPDATE refund SET state = 'requested', ask_at = %(now)s, attempts = 0
        WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s
        """,
        now=clock.now(),
        shop_id=shop_id,
        refund_id=refund_id,
    )
    await audit.record(
        writer,
        person,
        "payments:refund:try_again",
        f"refund:{refund_id}",
        before={"state": refund.state.value},
        after={"state": RefundState.REQUESTED.value},
    )


async def ask_provider(
    database: Database, gateways: Gateways, person: Person, shop_id: ShopId, refund_id: int
) -> None:
    """Ask the provider how a failed refund stands and write down what it says, before anybody pays by hand.
    Returns when the money may be given back by hand.

    Raises what `done_by_hand` raises, but InvalidFields.
    """
    async with database.writing() as writer:
        refund = await _endable(writer, person, shop_id, refund_id)
    await _require_not_given(database, gateways, person, refund, receipt="")


async def done_by_hand(
    database: Database, gateways: Gateways, person: Person, shop_id: ShopId, refund_id: int, receipt: str
) -> None:
    """An operator gave the money back by another way; `receipt` says where that can be found.

    Only a failed refund can be ended so, by an operator who is no party, while no finding about its payment is
    open, and once the provider, asked outside of any transaction right before, has said that it neither gave the
    money back nor will. What it said stands in the audit trail, also where the answer was no.

    Raises RefundUnknown, RefundMoved, InvalidFields, OperatorIsParty, PaymentDoubtful, RefundJustSent,
    RefundDoneThere, RefundUnderWayThere, RefundUncertain.
    """
    words = receipt.strip()
    if not _RECEIPT.fullmatch(words):
        raise InvalidFields({"receipt": N_("Write the number of the receipt, 4 to 64 letters and digits.")})
    async with database.writing() as writer:
        asked = await _endable(writer, person, shop_id, refund_id)
    said = await _require_not_given(database, gateways, person, asked, receipt=words)
    async with database.writing() as writer:
        refund = await _endable(writer, person, shop_id, refund_id)
        if (refund.number, refund.sent_at) != (asked.number, asked.sent_at):
            # It was tried again while we asked: what the provider said is not the last word.
            raise RefundMoved
        await _end_by_hand(writer, person, refund, words, said)


async def _end_by_hand(writer: Writer, person: Person, refund: Refund, receipt: str, said: RefundAnswer) -> None:
    await writer.run(
        """
        UPDATE refund
        SET state = 'succeeded', succeeded_at = %(now)s, by_hand_reference = %(receipt)s,
            by_hand_by = %(person_id)s, ask_at = NULL
        WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s
        """,
        now=clock.now(),
        receipt=receipt,
        person_id=person.person_id,
        shop_id=refund.shop_id,
        refund_id=refund.refund_id,
    )
    await tell_of_success(writer, refund, receipt=receipt)
    await audit.record(
        writer,
        person,
        "payments:refund:by_hand",
        f"refund:{refund.refund_id}",
        before={"state": refund.state.value},
        after={
            "state": RefundState.SUCCEEDED.value,
            "receipt": receipt,
            "amount_fen": refund.amount_fen,
            "provider_says": said.progress.value,
            "provider_amount_fen": said.amount_fen,
        },
    )


async def _require_not_given(
    database: Database, gateways: Gateways, person: Person, refund: Refund, *, receipt: str
) -> RefundAnswer:
    """Ask the provider; answers what it said when that leaves the refund to be given back by hand. What it said
    otherwise is written down. Raises RefundDoneThere, RefundUnderWayThere, RefundUncertain, PaymentDoubtful."""
    try:
        said = await gateways.of(refund.gateway).query_refund(refund.order)
        charge = await gateways.of(refund.gateway).query(refund.shop_id, refund.payment_id)
    except (ProviderSilent, ProviderRefused) as error:
        told = error.told() if isinstance(error, ProviderRefused) else error.code
        await _record_refused(database, person, refund, receipt, told, None)
        raise RefundUncertain from error
    problem: Refusal | None
    match by_hand(said, refund.amount_fen, was_taken_on=refund.accepted_at is not None):
        case ByHand.FREE if charge is None or charge.state is not GatewayState.PAID:
            # Whoever does not know the money that came knows nothing of its refund: another account, perhaps.
            problem = RefundUncertain()
        case ByHand.FREE:
            problem = None
        case ByHand.DONE:
            problem = RefundDoneThere()
        case ByHand.UNDER_WAY:
            problem = RefundUnderWayThere()
        case ByHand.OTHER_AMOUNT:
            # Whoever decided the finding about it has written what became of the difference.
            async with database.reading() as reader:
                problem = None if await _difference_is_decided(reader, refund) else PaymentDoubtful()
    if problem is None:
        return said
    await write_down(database, refund, said)
    await _record_refused(database, person, refund, receipt, said.progress.value, said.amount_fen)
    raise problem


async def _record_refused(
    database: Database, person: Person, refund: Refund, receipt: str, said: str, amount_fen: int | None
) -> None:
    """An operator wanted to end a refund by hand, or asked whether they may, and the provider's word was against
    it. It is kept in a transaction of its own, because the act itself is refused."""
    async with database.writing() as writer:
        await audit.record(
            writer,
            person,
            "payments:refund:by_hand_refused",
            f"refund:{refund.refund_id}",
            before={"state": refund.state.value},
            after={"receipt": receipt, "provider_says": said, "provider_amount_fen": amount_fen},
        )


async def _endable(writer: Writer, person: Person, shop_id: ShopId, refund_id: int) -> Refund:
    """The failed refund, held by the lock of its order, if by our own books it may be ended by hand."""
    order, refund = await _failed(writer, shop_id, refund_id)
    await require_outsider(writer, person, order)
    if was_just_sent(refund.sent_at, clock.now()):
        raise RefundJustSent(minutes=SENT_QUIET_S // 60)
    doubtful = await writer.value(
        """
        SELECT true FROM payment_finding
        WHERE provider = %(provider)s AND reference = %(reference)s AND reference <> '' AND state = 'open'
        LIMIT 1
        """,
        provider=refund.gateway,
        reference=reference_of(refund.shop_id, refund.payment_id),
    )
    if doubtful:
        raise PaymentDoubtful
    return refund


async def _difference_is_decided(reader: Reader, refund: Refund) -> bool:
    return bool(
        await reader.value(
            """
            SELECT true FROM payment_finding
            WHERE provider = %(provider)s AND kind = 'amount_differs' AND refund_reference = %(refund_reference)s
              AND reference = %(reference)s AND state <> 'open'
            LIMIT 1
            """,
            provider=refund.gateway,
            reference=reference_of(refund.shop_id, refund.payment_id),
            refund_reference=refund.reference,
        )
    )


async def _failed(writer: Writer, shop_id: ShopId, refund_id: int) -> tuple[LockedOrder, Refund]:
    """The refund and its order, which is locked. Raises RefundUnknown, RefundMoved."""
    order = await lock_order(writer, shop_id, (await read_refund(writer, shop_id, refund_id)).order_id)
    refund = await read_refund(writer, shop_id, refund_id)
    if refund.state is not RefundState.FAILED:
        raise RefundMoved
    return order, refund
