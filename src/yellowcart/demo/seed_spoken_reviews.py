"""The reviews that are looked at twice: with pictures, held by the automatic look, reported, hidden, appealed.
Written, answered and moderated with the verbs of their pages."""

from datetime import datetime, timedelta
from typing import NamedTuple

from yellowcart.demo.chronicle import Chronicle
from yellowcart.demo.evidence_pictures import picture_of
from yellowcart.demo.past_order import PastOrder
from yellowcart.kernel.ids import ShopId
from yellowcart.orders.model import OrderState
from yellowcart.reviews.answer import answer_part
from yellowcart.reviews.model import HideReason, NewAppend, NewReview, ShowState, Stars
from yellowcart.reviews.moderate import Decision, appeal_part, decide_part
from yellowcart.reviews.report import report_part
from yellowcart.reviews.write import WrittenReview, write_append, write_review
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import UploadPurpose


class Spoken(NamedTuple):
    """A review with what follows, as hours after it was written: an append with a picture, an answer, a report, a
    moderator's decision for a reason, an appeal."""

    body: str
    goods: int
    pictures: tuple[str, ...] = ()
    append: tuple[float, str] | None = None
    answer: tuple[float, str] | None = None
    report: tuple[float, HideReason, str] | None = None
    hide: tuple[float, HideReason, str] | None = None
    appeal: tuple[float, str] | None = None
    unnamed: bool = False

    @property
    def hours(self) -> float:
        """How long its story lasts."""
        told = (self.append, self.answer, self.report, self.hide, self.appeal)
        return max((each[0] for each in told if each is not None), default=0)


SPOKEN: tuple[Spoken, ...] = (
    Spoken("实物拍给大家看，颜色和直播间一样，包装也结实。", 5, ("whole",),
           append=(26, "用了一天来追评，没有让人失望。"),
           answer=(3, "谢谢您的实拍，祝使用愉快！")),
    Spoken("到手先拍照，送人很体面。", 5, ("whole", "label"), answer=(5, "感谢晒图！")),
    Spoken("分量足，称给大家看看。", 5, ("scale",)),
    Spoken("东西不错，盒子角上压了一点，不影响用。", 4, ("crushed",)),
    Spoken("收到就裂了一道，拍照为证，希望打包再仔细些。", 2, ("crack",),
           answer=(6, "抱歉给您添麻烦了，已经给您补偿。")),
    Spoken("线缝得不齐，穿两次就开了。", 1, ("seam",)),
    Spoken("面单和实物都对得上，放心。", 5, ("label",), append=(30, "第二次回购，依然稳定。")),
    Spoken("想要同款便宜的加我 13800001234 批发价。", 5),
    Spoken("全网最低价看这里 www.bieqian.com 比这家便宜。", 5),
    Spoken("这家就是骗子，老板全家都不是好人！", 1,
           hide=(5, HideReason.ABUSE, "含有辱骂内容，请就商品本身评价。")),
    Spoken("好评返现五块，大家都去写吧。", 5, hide=(4, HideReason.PAID, "评价不应以返现为条件。"),
           appeal=(9, "我只是提醒大家有返现卡，并没有收钱，请再看看。")),
    Spoken("跟快递小哥吵了一架，气死了。", 2, report=(6, HideReason.UNRELATED, "说的是快递，和商品无关")),
    Spoken("客服叫王丽，住在三号楼，态度差。", 1,
           report=(3, HideReason.PRIVACY, "写出了别人的姓名和住处"), unnamed=True),
)  # fmt: skip


def plan_spoken_reviews(chronicle: Chronicle) -> None:
    """Find an order for each and put its deeds into the chronicle; one for which there is none is left out."""
    dice = chronicle.seeded.dice("spoken reviews")
    for number, spoken in enumerate(SPOKEN):
        written_at = chronicle.now - timedelta(hours=spoken.hours + dice.uniform(0.4, 9))
        fitting = [
            order
            for order in chronicle.orders
            if order.state is OrderState.RECEIVED
            and order.received_at is not None
            and order.received_at < written_at
            and chronicle.suits(order, spoken.pictures[0] if spoken.pictures else None)
        ]
        for order in chronicle.foremost(fitting, 1):
            _tell(chronicle, order, spoken, written_at, number)


def _tell(chronicle: Chronicle, order: PastOrder, spoken: Spoken, written_at: datetime, number: int) -> None:
    shop_id, buyer = ShopId(order.shop_id), chronicle.buyer(order.buyer)
    written: list[WrittenReview] = []

    async def pictures(subjects: tuple[str, ...]) -> tuple[int, ...]:
        ids: list[int] = []
        for subject in subjects:
            title = order.lines[0].listing.product.product.title
            content, name = picture_of(subject, f"{title}{number}"), f"mmexport{number}{len(ids)}.jpg"
            upload = await keep_upload(
                chronicle.database, chronicle.storage, buyer, UploadPurpose.REVIEW, content, name
            )
            ids.append(upload.upload_id)
        return tuple(ids)

    async def write() -> None:
        stars = Stars(goods=spoken.goods, parcel=max(spoken.goods, 3), service=max(spoken.goods - 1, 1))
        upload_ids = await pictures(spoken.pictures)
        new = NewReview(stars=stars, body=spoken.body, is_anonymous=spoken.unnamed, upload_ids=upload_ids)
        async with chronicle.database.writing() as writer:
            line_id = order.lines[0].order_line_id
            written.append(await write_review(writer, buyer, shop_id, order.order_id, line_id, new))

    chronicle.add(written_at, write)
    _answer(chronicle, order, spoken, written_at, written)
    if spoken.append is not None:
        hours, body = spoken.append

        async def append() -> None:
            new = NewAppend(body=body, upload_ids=await pictures(("whole",)))
            async with chronicle.database.writing() as writer:
                await write_append(writer, buyer, shop_id, written[0].review_id, new)

        chronicle.add(written_at + timedelta(hours=hours), append)
    if spoken.report is not None:
        after_h, reason, note = spoken.report

        async def report() -> None:
            reader = chronicle.seeded.people["viewer_01"]
            async with chronicle.database.writing() as writer:
                await report_part(writer, reader, shop_id, written[0].part_id, reason, note)

        chronicle.add(written_at + timedelta(hours=after_h), report)
    _hide(chronicle, order, spoken, written_at, written)


def _answer(
    chronicle: Chronicle, order: PastOrder, spoken: Spoken, written_at: datetime, written: list[WrittenReview]
) -> None:
    if spoken.answer is None:
        return
    hours, words = spoken.answer

    async def answer() -> None:
        seller = chronicle.seller(order.shop_id)
        async with chronicle.database.writing() as writer:
            await answer_part(writer, seller, ShopId(order.shop_id), written[0].part_id, words)

    chronicle.add(written_at + timedelta(hours=hours), answer)


def _hide(
    chronicle: Chronicle, order: PastOrder, spoken: Spoken, written_at: datetime, written: list[WrittenReview]
) -> None:
    """A moderator hides it for a reason; its author may ask for a second look."""
    if spoken.hide is None:
        return
    shop_id = ShopId(order.shop_id)
    hours, reason, note = spoken.hide

    async def hide() -> None:
        async with chronicle.database.writing() as writer:
            await decide_part(
                writer,
                chronicle.seeded.people["inspector"],
                shop_id,
                written[0].part_id,
                Decision.HIDE,
                seen=ShowState.SHOWN,
                reason=reason,
                note=note,
            )

    chronicle.add(written_at + timedelta(hours=hours), hide)
    if spoken.appeal is None:
        return
    appealed_h, words = spoken.appeal

    async def appeal() -> None:
        buyer = chronicle.buyer(order.buyer)
        async with chronicle.database.writing() as writer:
            await appeal_part(writer, buyer, shop_id, written[0].review_id, written[0].part_id, words)

    chronicle.add(written_at + timedelta(hours=appealed_h), appeal)
