"""A payment provider that keeps books of its own, in memory, and can be as bad as real ones are: silent, slow of
word, refusing, dying at any moment. It sends notifications, signed with a key of its own, and daily bills."""

import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tests.lives.power_cut import PowerCut
from yellowcart.kernel import clock
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.payments.errors import NotificationRefused, ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import (
    BillLine,
    Charge,
    GatewayState,
    NewCharge,
    Notification,
    NotificationAbout,
    NotificationReply,
    Prompt,
    RefundAnswer,
    RefundOrder,
    RefundProgress,
)
from yellowcart.payments.model import NotificationFault, PaymentMethod, ProviderMeaning
from yellowcart.payments.references import reference_of

KEY = b"known to the provider and to the platform"


class Mood(StrEnum):
    """What the provider does when it is called next."""

    WELL = "well"
    """It does what it is asked and says so."""
    SILENT = "silent"
    """It does nothing and says nothing."""
    SILENT_AFTER = "silent_after"
    """It does what it is asked, and the answer is lost."""
    DIES_BEFORE = "dies_before"
    """The platform dies before the call goes out."""
    DIES_AFTER = "dies_after"
    """The platform dies after the provider has done it."""
    BUSY = "busy"
    """It refuses, for now."""
    REFUSES = "refuses"
    """It refuses, for good."""
    PROCESSING = "processing"
    """It takes a refund on, and carries it out later."""
    ABNORMAL = "abnormal"
    """The payer's account does not take a refund."""
    CLOSES = "closes"
    """It ends a refund without giving anything back; the number is used up."""


@dataclass
class RefundThere:
    """A refund as the provider has it. Amount in fen."""

    amount_fen: int
    progress: RefundProgress
    booked_at: datetime


@dataclass
class ChargeThere:
    """A charge as the provider has it. Amount in fen."""

    shop_id: ShopId
    payment_id: PaymentId
    amount_fen: int
    state: GatewayState = GatewayState.OPEN
    paid_at: datetime | None = None
    refunds: dict[int, RefundThere] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """What the platform calls it."""
        return reference_of(self.shop_id, self.payment_id)

    @property
    def refunded_fen(self) -> int:
        """What went back, or is on its way."""
        on_its_way = {RefundProgress.DONE, RefundProgress.PROCESSING}
        return sum(each.amount_fen for each in self.refunds.values() if each.progress in on_its_way)

    @property
    def kept_fen(self) -> int:
        """What the provider holds of it."""
        return self.amount_fen - self.refunded_fen if self.state is GatewayState.PAID else 0


class BookKeeper:
    """The provider. `moods` are taken one for each call, the first first; without any it is well."""

    def __init__(self, name: str, methods: Sequence[PaymentMethod]) -> None:
        self.name = name
        self._methods = methods
        self.charges: dict[tuple[ShopId, PaymentId], ChargeThere] = {}
        self.moods: deque[Mood] = deque()
        self.calls: dict[str, int] = defaultdict(int)

    @property
    def methods(self) -> Sequence[PaymentMethod]:
        """The ways to pay that it offers."""
        return self._methods

    def begin_anew(self) -> None:
        """Empty books, for a life of its own."""
        self.charges.clear()
        self.moods.clear()

    def pay(self, charge: ChargeThere) -> None:
        """The payer pays. A charge that is not open any more takes no money."""
        if charge.state is GatewayState.OPEN:
            charge.state, charge.paid_at = GatewayState.PAID, clock.now()

    def carry_on(self) -> None:
        """What was taken on is carried out."""
        for charge in self.charges.values():
            for refund in charge.refunds.values():
                if refund.progress is RefundProgress.PROCESSING:
                    refund.progress = RefundProgress.DONE

    async def create(self, charge: NewCharge) -> Prompt:
        """Open a charge; a repeat answers the same."""
        mood = self._begin("create", Mood.BUSY)
        key = (charge.shop_id, charge.payment_id)
        known = self.charges.setdefault(key, ChargeThere(*key, charge.amount_fen))
        if known.state is GatewayState.PAID:
            raise ProviderRefused(ProviderMeaning.ALREADY_PAID, "PAID")
        if known.state is not GatewayState.OPEN:
            raise ProviderRefused(ProviderMeaning.CLOSED, "CLOSED")
        self._end(mood)
        return Prompt(code=f"pay:{known.reference}")

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands."""
        mood = self._begin("query", Mood.BUSY)
        self._end(mood)
        charge = self.charges.get((shop_id, payment_id))
        if charge is None:
            return None
        return Charge(
            reference=f"there-{payment_id}",
            state=charge.state,
            amount_fen=charge.amount_fen,
            given_back=charge.refunded_fen > 0,
            refunded_fen=charge.refunded_fen,
            paid_at=charge.paid_at,
        )

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """Close an open charge; one that was paid stays paid."""
        mood = self._begin("close", Mood.BUSY)
        charge = self.charges.get((shop_id, payment_id))
        if charge is not None and charge.state is GatewayState.OPEN:
            charge.state = GatewayState.CLOSED
        self._end(mood)

    async def refund(self, order: RefundOrder) -> RefundAnswer:
        """Give money back, once for each number, and never more than was paid."""
        mood = self._begin("refund", Mood.BUSY, Mood.REFUSES)
        charge = self.charges[order.shop_id, order.payment_id]
        if order.refund_id not in charge.refunds:
            if charge.state is not GatewayState.PAID or order.amount_fen > charge.kept_fen:
                raise AssertionError(f"more asked back than was paid: {order} of {charge}")
            progress = {
                Mood.PROCESSING: RefundProgress.PROCESSING,
                Mood.ABNORMAL: RefundProgress.ABNORMAL,
                Mood.CLOSES: RefundProgress.CLOSED,
            }.get(mood, RefundProgress.DONE)
            charge.refunds[order.refund_id] = RefundThere(order.amount_fen, progress, clock.now())
        elif charge.refunds[order.refund_id].amount_fen != order.amount_fen:
            raise AssertionError(f"another amount by the same number: {order}")
        self._end(mood)
        return self._refund(order)

    async def query_refund(self, order: RefundOrder) -> RefundAnswer:
        """How far a refund is."""
        mood = self._begin("query_refund", Mood.BUSY)
        self._end(mood)
        return self._refund(order)

    async def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """The notification, if it is signed."""
        if not hmac.compare_digest(headers.get("signature", ""), _signature(body)):
            raise NotificationRefused(NotificationFault.SIGNATURE)
        return msgspec.json.decode(body, type=Notification)

    def reply(self, *, taken: bool) -> NotificationReply:
        """Its own words."""
        return NotificationReply(200 if taken else 500, "text/plain", b"success" if taken else b"fail")

    async def bill(self, day: date) -> list[BillLine]:
        """What it booked on a day of Asia/Shanghai."""
        return [line for charge in self.charges.values() for line in _lines(charge) if _day(line) == day]

    def notification(
        self, charge: ChargeThere, number: str, *, amount_fen: int | None = None
    ) -> tuple[dict[str, str], bytes]:
        """What it sends when a charge is paid, with its signature; `amount_fen` is another amount than the true
        one."""
        told = Notification(
            notification_id=number,
            about=NotificationAbout.PAYMENT,
            reference=charge.reference,
            amount_fen=charge.amount_fen if amount_fen is None else amount_fen,
            claims_paid=charge.state is GatewayState.PAID,
            said=charge.state.value,
        )
        body = msgspec.json.encode(told)
        return {"signature": _signature(body)}, body

    def _begin(self, call: str, *refusing: Mood) -> Mood:
        self.calls[call] += 1
        mood = self.moods.popleft() if self.moods else Mood.WELL
        if mood is Mood.SILENT:
            raise ProviderSilent
        if mood is Mood.DIES_BEFORE:
            raise PowerCut
        if mood in refusing:
            meaning = ProviderMeaning.PAYER_UNABLE if mood is Mood.REFUSES else ProviderMeaning.BROKEN
            raise ProviderRefused(meaning, mood.value.upper())
        return mood

    @staticmethod
    def _end(mood: Mood) -> None:
        if mood is Mood.SILENT_AFTER:
            raise ProviderSilent
        if mood is Mood.DIES_AFTER:
            raise PowerCut

    def _refund(self, order: RefundOrder) -> RefundAnswer:
        known = self.charges[order.shop_id, order.payment_id].refunds.get(order.refund_id)
        if known is None:
            return RefundAnswer(progress=RefundProgress.UNKNOWN)
        return RefundAnswer(
            progress=known.progress, reference=f"back-{order.refund_id}", amount_fen=known.amount_fen
        )


def _lines(charge: ChargeThere) -> list[BillLine]:
    lines = []
    if charge.paid_at is not None:
        paid = BillLine(
            reference=charge.reference,
            provider_reference=f"there-{charge.payment_id}",
            amount_fen=charge.amount_fen,
            booked_at=charge.paid_at,
        )
        lines.append(paid)
    for number, refund in charge.refunds.items():
        if refund.progress in {RefundProgress.DONE, RefundProgress.PROCESSING}:
            back = BillLine(
                reference=charge.reference,
                refund_reference=reference_of(charge.shop_id, number),
                provider_reference=f"back-{number}",
                amount_fen=refund.amount_fen,
                booked_at=refund.booked_at,
            )
            lines.append(back)
    return lines


def _day(line: BillLine) -> date:
    return line.booked_at.astimezone(clock.SHANGHAI).date()


def _signature(body: bytes) -> str:
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()
