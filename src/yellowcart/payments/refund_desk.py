"""What an operator does with a refund that the provider will not carry out: have it tried again, or give the money
back by hand (a bank transfer, the provider's own back office) and write down by which receipt."""

import re

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.store import lock_order
from yellowcart.payments.carry_out import Refund, read_refund, tell_of_success
from yellowcart.payments.errors import RefundMoved
from yellowcart.payments.model import RefundState

_RECEIPT = re.compile(r"[\w .:/#-]{4,64}")


async def try_again(writer: Writer, person: Person, shop_id: ShopId, refund_id: int) -> None:
    """Have a failed refund carried out again, at once. Raises RefundUnknown, RefundMoved."""
    refund = await _failed(writer, shop_id, refund_id)
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


async def done_by_hand(writer: Writer, person: Person, shop_id: ShopId, refund_id: int, receipt: str) -> None:
    """An operator gave the money back by another way; `receipt` says where that can be found.

    Only a failed refund can be ended so: of one that is still tried nobody knows whether the provider is about to
    do it as well. Raises RefundUnknown, RefundMoved, InvalidFields.
    """
    words = receipt.strip()
    if not _RECEIPT.fullmatch(words):
        raise InvalidFields({"receipt": N_("Write the number of the receipt, 4 to 64 letters and digits.")})
    refund = await _failed(writer, shop_id, refund_id)
    await writer.run(
        """
        UPDATE refund
        SET state = 'succeeded', succeeded_at = %(now)s, by_hand_reference = %(receipt)s,
            by_hand_by = %(person_id)s, ask_at = NULL
        WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s
        """,
        now=clock.now(),
        receipt=words,
        person_id=person.person_id,
        shop_id=shop_id,
        refund_id=refund_id,
    )
    await tell_of_success(writer, refund)
    await audit.record(
        writer,
        person,
        "payments:refund:by_hand",
        f"refund:{refund_id}",
        before={"state": refund.state.value},
        after={"state": RefundState.SUCCEEDED.value, "receipt": words, "amount_fen": refund.amount_fen},
    )


async def _failed(writer: Writer, shop_id: ShopId, refund_id: int) -> Refund:
    """The refund, held by the lock of its order. Raises RefundUnknown, RefundMoved."""
    await lock_order(writer, shop_id, (await read_refund(writer, shop_id, refund_id)).order_id)
    refund = await read_refund(writer, shop_id, refund_id)
    if refund.state is not RefundState.FAILED:
        raise RefundMoved
    return refund
