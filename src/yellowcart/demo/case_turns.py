"""The turns of a case, each taken by whoever takes it on the pages, with words and pictures of the world."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales import arbitrate, goods_back, negotiate, replace
from yellowcart.aftersales.arbitrate import Decision, Verdict
from yellowcart.aftersales.claims import claim_case
from yellowcart.aftersales.model import Action, Actor, Case, CaseState, case_subject
from yellowcart.aftersales.negotiate import ChangedRequest, Offer
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import ReplacementParcel
from yellowcart.aftersales.return_parcel import follow_return
from yellowcart.aftersales.store import hold_case
from yellowcart.aftersales.turns import Said, take_turn
from yellowcart.demo.case_scripts import Script, Turn
from yellowcart.demo.chronicle import Chronicle
from yellowcart.demo.evidence_pictures import picture_of
from yellowcart.demo.past_order import PastOrder
from yellowcart.demo.seed_parcels import SOURCE
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId
from yellowcart.orders.wanted import NewAddress
from yellowcart.parcels.tracking.intake import ToldEvent, take_in_events
from yellowcart.payments.carry_out import carry_out, requested_refunds
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import UploadPurpose

CARRIED_OUT_AFTER = timedelta(seconds=20)
RETURN_FREIGHT_FEN = 1_200
OFFERED_PERCENT = 35
SPLIT_PERCENT = 45


class Story(msgspec.Struct):
    """A case on its way. `number` chooses among the words that fit."""

    script: Script
    order: PastOrder
    dice: random.Random
    number: int = 0
    case: Case | None = None

    @property
    def shop_id(self) -> ShopId:
        """The shop that it is about."""
        return ShopId(self.order.shop_id)

    @property
    def now(self) -> Case:
        """The case as it stands."""
        assert self.case is not None
        return self.case


async def say(chronicle: Chronicle, story: Story, person: Person, words: str, picture: str | None = None) -> Said:
    """Words of the world, with a picture that is brought for them."""
    evidence: list[int] = []
    if picture is not None:
        title = story.order.lines[0].listing.product.product.title
        content = picture_of(picture, f"{title}{story.number}{words}")
        upload = await keep_upload(
            chronicle.database,
            chronicle.storage,
            person,
            UploadPurpose.EVIDENCE,
            content,
            f"IMG_{2_000 + story.number * 7:04d}.jpg",
        )
        evidence.append(upload.upload_id)
    return Said(words=chronicle.words(words, story.number), evidence=evidence)


async def take(chronicle: Chronicle, story: Story, turn: Turn) -> None:
    """Take one turn, now."""
    story.number += 1
    story.case = await TURNS[turn](chronicle, story) or story.case


def carry_out_if_decided(chronicle: Chronicle, story: Story, at: datetime, following: Turn | None) -> None:
    """A decided refund goes to the provider a moment later, unless it is to come back from there."""
    if story.now.state is not CaseState.REFUNDING or following is Turn.BOUNCE:
        return

    async def carried_out() -> None:
        subject = case_subject(story.now.aftersale_id)
        async with chronicle.database.reading() as reader:
            waiting = [each for each in await requested_refunds(reader) if each.subject == subject]
        for refund in waiting:
            await carry_out(chronicle.database, chronicle.gateways, refund)
            async with chronicle.database.writing() as writer:
                held = await hold_case(writer, story.shop_id, story.now.aftersale_id)
                story.case = await take_turn(
                    writer, held, Action.REFUND_CARRIED_OUT, Actor.SYSTEM, None, amount_fen=refund.amount_fen
                )

    chronicle.add(at + CARRIED_OUT_AFTER, carried_out)


async def _agree(chronicle: Chronicle, story: Story) -> Case:
    seller = chronicle.seller(story.shop_id)
    said = await say(chronicle, story, seller, "agree")
    async with chronicle.database.writing() as writer:
        return await negotiate.agree(
            writer,
            seller,
            story.shop_id,
            story.now.aftersale_id,
            said,
            return_address=_address(chronicle, story),
        )


def _address(chronicle: Chronicle, story: Story) -> NewAddress:
    kept = chronicle.seeded.warehouses[story.shop_id]
    return NewAddress(
        recipient=kept.recipient,
        phone=kept.phone,
        province=kept.province,
        city=kept.city,
        district=kept.district,
        street=kept.street,
    )


async def _refuse(chronicle: Chronicle, story: Story) -> Case:
    seller = chronicle.seller(story.shop_id)
    said = await say(chronicle, story, seller, "refuse")
    async with chronicle.database.writing() as writer:
        return await negotiate.refuse(writer, seller, story.shop_id, story.now.aftersale_id, said)


async def _offer(chronicle: Chronicle, story: Story) -> Case:
    seller = chronicle.seller(story.shop_id)
    said = await say(chronicle, story, seller, "offer")
    proposed = Offer(kind=CaseKind.REFUND_ONLY, amount_fen=max(story.now.most_fen * OFFERED_PERCENT // 100, 1))
    async with chronicle.database.writing() as writer:
        return await negotiate.offer(writer, seller, story.shop_id, story.now.aftersale_id, proposed, said)


async def _change(chronicle: Chronicle, story: Story) -> Case:
    buyer, case = chronicle.buyer(story.order.buyer), story.now
    said = await say(chronicle, story, buyer, "change", "whole")
    request = ChangedRequest(kind=case.kind, reason=case.reason, quantity=case.quantity, amount_fen=None)
    async with chronicle.database.writing() as writer:
        return await negotiate.change_case(writer, buyer, story.shop_id, case.aftersale_id, request, said)


async def _accept(chronicle: Chronicle, story: Story) -> Case:
    async with chronicle.database.writing() as writer:
        buyer = chronicle.buyer(story.order.buyer)
        return await negotiate.accept_offer(writer, buyer, story.shop_id, story.now.aftersale_id)


async def _withdraw(chronicle: Chronicle, story: Story) -> Case:
    async with chronicle.database.writing() as writer:
        buyer = chronicle.buyer(story.order.buyer)
        return await negotiate.withdraw_case(writer, buyer, story.shop_id, story.now.aftersale_id)


async def _send_back(chronicle: Chronicle, story: Story) -> Case:
    buyer = chronicle.buyer(story.order.buyer)
    said = await say(chronicle, story, buyer, "send-back")
    sent = goods_back.SentBack(carrier="SF", waybill=_waybill(story, "SF"), freight_fen=RETURN_FREIGHT_FEN)
    async with chronicle.database.writing() as writer:
        case = await goods_back.send_back(writer, buyer, story.shop_id, story.now.aftersale_id, sent, said)
        await _track(writer, story, "SF", case.return_waybill, ("collected",))
        return case


async def _arrive(chronicle: Chronicle, story: Story) -> Case:
    """The carrier brings the goods back, and says so."""
    case = story.now
    async with chronicle.database.writing() as writer:
        await _track(writer, story, "SF", case.return_waybill, ("in_transit", "out_for_delivery", "delivered"))
        return await follow_return(writer, await hold_case(writer, story.shop_id, case.aftersale_id))


async def _confirm(chronicle: Chronicle, story: Story) -> Case:
    seller, case = chronicle.seller(story.shop_id), story.now
    restock = case.quantity if case.reason is Reason.NO_REASON else 0
    async with chronicle.database.writing() as writer:
        return await goods_back.confirm_return(writer, seller, story.shop_id, case.aftersale_id, restock=restock)


async def _reject(chronicle: Chronicle, story: Story) -> Case:
    seller = chronicle.seller(story.shop_id)
    said = await say(chronicle, story, seller, "reject-return", "label")
    async with chronicle.database.writing() as writer:
        return await goods_back.reject_return(writer, seller, story.shop_id, story.now.aftersale_id, said)


async def _replace(chronicle: Chronicle, story: Story) -> Case:
    seller = chronicle.seller(story.shop_id)
    parcel = ReplacementParcel(carrier="ZTO", waybill=_waybill(story, "ZTO"))
    async with chronicle.database.writing() as writer:
        case = await replace.ship_replacement(writer, seller, story.shop_id, story.now.aftersale_id, parcel)
        await _track(writer, story, "ZTO", case.replacement_waybill, ("collected",))
        return case


async def _receive(chronicle: Chronicle, story: Story) -> Case:
    case, buyer = story.now, chronicle.buyer(story.order.buyer)
    async with chronicle.database.writing() as writer:
        await _track(writer, story, "ZTO", case.replacement_waybill, ("in_transit", "delivered"))
        return await replace.confirm_replacement(writer, buyer, story.shop_id, case.aftersale_id)


async def _call(chronicle: Chronicle, story: Story) -> Case:
    buyer = chronicle.buyer(story.order.buyer)
    said = await say(chronicle, story, buyer, "call")
    async with chronicle.database.writing() as writer:
        return await arbitrate.call_platform(writer, buyer, story.shop_id, story.now.aftersale_id, said)


async def _seller_shows(chronicle: Chronicle, story: Story) -> Case:
    seller = chronicle.seller(story.shop_id)
    said = await say(chronicle, story, seller, "seller-evidence", "scale")
    return await _show(chronicle, story, seller, said, Actor.SELLER)


async def _buyer_shows(chronicle: Chronicle, story: Story) -> Case:
    buyer = chronicle.buyer(story.order.buyer)
    said = await say(chronicle, story, buyer, "buyer-evidence", "label")
    return await _show(chronicle, story, buyer, said, Actor.BUYER)


async def _show(chronicle: Chronicle, story: Story, person: Person, said: Said, actor: Actor) -> Case:
    async with chronicle.database.writing() as writer:
        return await arbitrate.add_evidence(
            writer, person, story.shop_id, story.now.aftersale_id, said, actor=actor
        )


async def _take_up(chronicle: Chronicle, story: Story) -> None:
    async with chronicle.database.writing() as writer:
        await claim_case(writer, chronicle.operator, story.shop_id, story.now.aftersale_id)


def _decide(verdict: Verdict, words: str) -> Callable[[Chronicle, Story], Awaitable[Case]]:
    async def decide(chronicle: Chronicle, story: Story) -> Case:
        amount_fen = story.now.most_fen * SPLIT_PERCENT // 100 if verdict is Verdict.SPLIT else None
        said = Said(words=chronicle.words(words, story.number))
        async with chronicle.database.writing() as writer:
            return await arbitrate.arbitrate(
                writer,
                chronicle.operator,
                story.shop_id,
                story.now.aftersale_id,
                Decision(verdict=verdict, amount_fen=amount_fen),
                said,
            )

    return decide


async def _close(chronicle: Chronicle, story: Story) -> Case:
    said = Said(words=chronicle.words("close", story.number))
    async with chronicle.database.writing() as writer:
        return await arbitrate.platform_close(
            writer, chronicle.operator, story.shop_id, story.now.aftersale_id, said
        )


async def _bounce(chronicle: Chronicle, story: Story) -> None:
    """The buyer's account takes the money back no more: what `payments.carry_out` writes down then. The sandbox
    never says so by itself."""
    async with chronicle.database.writing() as writer:
        await writer.run(
            """
            UPDATE refund SET state = 'failed', failure = %(failure)s, attempts = 1, ask_at = NULL
            WHERE shop_id = %(shop_id)s AND subject = %(subject)s
            """,
            failure="the buyer's account does not take the money back",
            shop_id=story.shop_id,
            subject=case_subject(story.now.aftersale_id),
        )


async def _track(
    writer: Writer, story: Story, carrier: str, waybill: str | None, statuses: tuple[str, ...]
) -> None:
    """What the carrier tells of a parcel of the case, the last of it now."""
    assert waybill is not None
    ends = story.order.buyer.address, story.order.lines[0].listing.product.shop.region
    texts = {
        "collected": (ends[0].city, "快件已揽收"),
        "in_transit": (ends[0].city, "快件已发往下一站"),
        "out_for_delivery": (ends[1], "快递员正在派件"),
        "delivered": (ends[1], "快件已签收，签收人：仓库"),
    }
    await take_in_events(
        writer,
        SOURCE,
        [
            ToldEvent(
                carrier=carrier,
                waybill=waybill,
                status=status,
                at=clock.now() - timedelta(hours=4) * (len(statuses) - 1 - number),
                place=texts[status][0],
                text=f"【{texts[status][0]}】{texts[status][1]}",
            )
            for number, status in enumerate(statuses)
        ],
    )


def _waybill(story: Story, carrier: str) -> str:
    return f"{carrier}{clock.now():%y%m%d}{story.dice.randrange(10**7):07d}"


TURNS: dict[Turn, Callable[[Chronicle, Story], Awaitable[Case | None]]] = {
    Turn.AGREE: _agree,
    Turn.REFUSE: _refuse,
    Turn.OFFER: _offer,
    Turn.CHANGE: _change,
    Turn.ACCEPT: _accept,
    Turn.SEND_BACK: _send_back,
    Turn.ARRIVE: _arrive,
    Turn.CONFIRM: _confirm,
    Turn.REJECT: _reject,
    Turn.REPLACE: _replace,
    Turn.RECEIVE: _receive,
    Turn.CALL: _call,
    Turn.BUYER_SHOWS: _buyer_shows,
    Turn.SELLER_SHOWS: _seller_shows,
    Turn.DEMAND: _decide(Verdict.DEMAND_OF_BUYER, "demand"),
    Turn.TAKE: _take_up,
    Turn.FOR_BUYER: _decide(Verdict.FOR_BUYER, "for-buyer"),
    Turn.SPLIT: _decide(Verdict.SPLIT, "split"),
    Turn.FOR_SELLER: _decide(Verdict.FOR_SELLER, "for-seller"),
    Turn.CLOSE: _close,
    Turn.WITHDRAW: _withdraw,
    Turn.BOUNCE: _bounce,
}
