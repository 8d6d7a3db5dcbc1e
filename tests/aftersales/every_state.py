"""Cases in every state that there is, made through the verbs that pages and API call: for the tests of pages, and
for whoever wants to look at them."""

import secrets
from collections.abc import Awaitable, Callable

from tests.aftersales.claims_desk import ClaimsDesk
from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import (
    Decision,
    Verdict,
    add_evidence,
    arbitrate,
    call_platform,
    platform_close,
)
from yellowcart.aftersales.goods_back import SentBack, confirm_return, reject_return, send_back
from yellowcart.aftersales.model import Actor, Case, CaseState
from yellowcart.aftersales.negotiate import Offer, offer, withdraw_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import ReplacementParcel, ship_replacement
from yellowcart.aftersales.turns import Said
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import UploadId, UploadPurpose
from yellowcart.uploads.storage import UploadStorage

Make = Callable[["Seeding"], Awaitable[Case]]


class Seeding:
    """A desk at which cases are brought into a state. With a storage the sides show pictures (`picture`)."""

    def __init__(self, desk: ClaimsDesk, storage: UploadStorage | None = None, picture: bytes = b"") -> None:
        self.desk = desk
        self._storage = storage
        self._picture = picture

    async def files(self, person: Person, number: int = 2) -> list[UploadId]:
        """Pictures that a person brings; none without a storage."""
        if self._storage is None:
            return []
        kept = [
            await keep_upload(
                self.desk.database, self._storage, person, UploadPurpose.EVIDENCE, self._picture, f"{each}.jpg"
            )
            for each in range(number)
        ]
        return [upload.upload_id for upload in kept]

    async def said(self, person: Person, words: str) -> Said:
        """Words with pictures."""
        return Said(words=words, evidence=[int(each) for each in await self.files(person)])

    async def asked(
        self,
        kind: CaseKind = CaseKind.REFUND_ONLY,
        reason: Reason = Reason.DAMAGED,
        *,
        amount_fen: int | None = None,
    ) -> Case:
        """A buyer who has the goods asks for something; the shop has to answer."""
        order_id = await self.desk.received(2)
        words = "盖子裂了,里面的茶叶撒了一半,请看照片。"
        evidence = await self.files(self.desk.buyer)
        return await self.desk.open(order_id, kind, reason, 1, amount_fen, words=words, evidence=evidence)

    async def refused(self, kind: CaseKind = CaseKind.REFUND_ONLY) -> Case:
        """The shop said no."""
        case = await self.asked(kind)
        return await self.desk.refuse(case)

    async def offered(self) -> Case:
        """The shop proposes a part of the money."""
        case, desk = await self.asked(), self.desk
        proposed = Offer(kind=CaseKind.REFUND_ONLY, amount_fen=1_500)
        said = Said(words="先补偿您 15 元可以吗?")
        return await desk.write(
            lambda writer: offer(writer, desk.merchant, desk.shop_id, case.aftersale_id, proposed, said)
        )

    async def to_send_back(self, kind: CaseKind = CaseKind.RETURN_REFUND) -> Case:
        """The shop agreed; the goods are to come back."""
        return await self.desk.agree(await self.asked(kind))

    async def sent_back(self, kind: CaseKind = CaseKind.RETURN_REFUND) -> Case:
        """The goods are on their way back."""
        case, desk = await self.to_send_back(kind), self.desk
        sent = SentBack(carrier="YTO", waybill=f"YT{secrets.randbelow(10**12):012d}", freight_fen=1_200)
        return await desk.write(
            lambda writer: send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, sent)
        )

    async def return_rejected(self) -> Case:
        """The shop has the goods and does not take them as they are."""
        case, desk = await self.sent_back(), self.desk
        said = await self.said(desk.merchant, "退回的茶叶已经拆封饮用。")
        return await desk.write(
            lambda writer: reject_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, said)
        )

    async def to_replace(self) -> Case:
        """The goods are back; new ones are due."""
        case, desk = await self.sent_back(CaseKind.EXCHANGE), self.desk
        return await desk.write(
            lambda writer: confirm_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, restock=0)
        )

    async def replaced(self) -> Case:
        """The new parcel is on its way."""
        case, desk = await self.to_replace(), self.desk
        parcel = ReplacementParcel(carrier="SF", waybill=f"SF{secrets.randbelow(10**10):010d}")
        return await desk.write(
            lambda writer: ship_replacement(writer, desk.merchant, desk.shop_id, case.aftersale_id, parcel)
        )

    async def called(self) -> Case:
        """The buyer called the platform; the shop has to show its evidence."""
        case, desk = await self.refused(), self.desk
        said = await self.said(desk.buyer, "商家说是我自己摔的,但快递签收时箱子已经变形。")
        return await desk.write(
            lambda writer: call_platform(writer, desk.buyer, desk.shop_id, case.aftersale_id, said)
        )

    async def to_decide(self) -> Case:
        """Both have shown what they have; the platform decides."""
        case, desk = await self.called(), self.desk
        said = await self.said(desk.merchant, "出库称重 520 克,包装完好,有视频为证。")
        return await desk.write(
            lambda writer: add_evidence(
                writer, desk.merchant, desk.shop_id, case.aftersale_id, said, actor=Actor.SELLER
            )
        )

    async def decided(self, decision: Decision, words: str = "请补充开箱照片。") -> Case:
        """An operator took a turn."""
        case, desk = await self.to_decide(), self.desk
        return await desk.write(
            lambda writer: arbitrate(
                writer, desk.operator, desk.shop_id, case.aftersale_id, decision, Said(words=words)
            )
        )

    async def closed(self) -> Case:
        """An operator closed it."""
        case, desk = await self.to_decide(), self.desk
        said = Said(words="双方已线下和解。")
        return await desk.write(
            lambda writer: platform_close(writer, desk.operator, desk.shop_id, case.aftersale_id, said)
        )

    async def withdrawn(self) -> Case:
        """The buyer gave it up."""
        case, desk = await self.asked(), self.desk
        return await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id))

    async def refunding(self) -> Case:
        """Granted; the gateway has not given the money back yet."""
        return await self.desk.agree(await self.asked())

    async def done(self) -> Case:
        """The money is back."""
        case = await self.refunding()
        await self.desk.deliver()
        return await self.desk.now(case)


MAKE: dict[CaseState, Make] = {
    CaseState.DONE: Seeding.done,
    CaseState.AWAITING_SELLER: Seeding.asked,
    CaseState.AWAITING_BUYER: Seeding.offered,
    CaseState.AWAITING_RETURN: Seeding.to_send_back,
    CaseState.AWAITING_INSPECTION: Seeding.sent_back,
    CaseState.AWAITING_REPLACEMENT: Seeding.to_replace,
    CaseState.AWAITING_RECEIPT: Seeding.replaced,
    CaseState.EVIDENCE_OF_SELLER: Seeding.called,
    CaseState.EVIDENCE_OF_BUYER: lambda seeding: seeding.decided(Decision(verdict=Verdict.DEMAND_OF_BUYER)),
    CaseState.ARBITRATION: Seeding.to_decide,
    CaseState.WITHDRAWN: Seeding.withdrawn,
    CaseState.REFUSED: lambda seeding: seeding.decided(
        Decision(verdict=Verdict.FOR_SELLER), "签收照片显示包装完好,无法认定运输破损。"
    ),
    CaseState.CLOSED: Seeding.closed,
    CaseState.REFUNDING: Seeding.refunding,
}
"""How a case comes into each state. What needs the gateway's word comes first, what must wait for it last."""


async def case_in_every_state(seeding: Seeding) -> dict[CaseState, Case]:
    """One case in each state."""
    return {state: await make(seeding) for state, make in MAKE.items()}
