"""One case with all that belongs to it: what was said, what the amount is made of, what each side may do now; and
what may be asked of the lines of an order."""

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.amounts import LineMoney, share_of_pieces
from yellowcart.aftersales.bounded_turns import STEPS_READ_MAX
from yellowcart.aftersales.claims import is_party
from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.errors import AftersaleUnknown
from yellowcart.aftersales.evidence import files_of_steps
from yellowcart.aftersales.machine import actions_of, deadline_of
from yellowcart.aftersales.model import DECIDED, Action, Actor, AftersaleId, Case, CaseStep
from yellowcart.aftersales.reasons import LEAVES_AGAIN, CaseKind
from yellowcart.aftersales.rules import OFFERS, Askable, askable, may_refuse
from yellowcart.aftersales.store import COLUMNS, STEP_COLUMNS, line_money, lines_now
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.orders.model import OrderLine
from yellowcart.orders.queries import OrderDetail, order_of_buyer, order_of_shop
from yellowcart.uploads.model import Upload


class AmountLine(msgspec.Struct, frozen=True):
    """One line of how an amount comes about, in fen; `key` is a key of `wording.AMOUNT_NAMES`."""

    key: str
    amount_fen: int


class CaseDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A case as a page shows it. `files` are the files of each step by its id. `may` is what each side may do now,
    as far as the state tells; `offers` is what the shop may propose. `deadline` is which time runs to `due_at`."""

    case: Case
    order: OrderDetail
    line: OrderLine
    steps: list[CaseStep]
    files: dict[int, list[Upload]]
    amounts: list[AmountLine]
    may: dict[Actor, list[Action]]
    offers: tuple[CaseKind, ...]
    deadline: Deadline | None


async def case_of_buyer(reader: Reader, person: Person, shop_id: ShopId, aftersale_id: AftersaleId) -> CaseDetail:
    """A buyer's own case. Raises AftersaleUnknown for anybody else's. Who acted for shop and platform is not
    told."""
    case = await read_case(reader, shop_id, aftersale_id)
    if case.buyer_id != person.person_id:
        raise AftersaleUnknown
    return await _detail(reader, case, hidden=frozenset({Actor.SELLER, Actor.PLATFORM}))


async def case_of_shop(reader: Reader, shop_id: ShopId, aftersale_id: AftersaleId) -> CaseDetail:
    """A shop's case; the caller has checked membership. Raises AftersaleUnknown."""
    case = await read_case(reader, shop_id, aftersale_id)
    return await _detail(reader, case, hidden=frozenset({Actor.PLATFORM}))


async def case_of_platform(
    reader: Reader, person: Person, shop_id: ShopId, aftersale_id: AftersaleId
) -> CaseDetail:
    """A case for an operator; one who is a party sees it, and may do nothing. Raises AftersaleUnknown."""
    detail = await _detail(reader, await read_case(reader, shop_id, aftersale_id), hidden=frozenset())
    if await is_party(reader, person, detail.case):
        return msgspec.structs.replace(detail, may=detail.may | {Actor.PLATFORM: []})
    return detail


async def read_case(reader: Reader, shop_id: ShopId, aftersale_id: AftersaleId) -> Case:
    """A case as it stands. Raises AftersaleUnknown."""
    case = await reader.row(
        Case,
        f"SELECT {COLUMNS} FROM aftersale"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s",
        shop_id=shop_id,
        aftersale_id=aftersale_id,
    )
    if case is None:
        raise AftersaleUnknown
    return case


async def read_cases(reader: Reader, shop_id: ShopId, aftersale_ids: list[AftersaleId]) -> list[Case]:
    """Those of the cases that are the shop's, the oldest first. The caller has checked membership."""
    return await reader.rows(
        Case,
        f"SELECT {COLUMNS} FROM aftersale"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND aftersale_id = ANY(%(aftersale_ids)s)"
        " ORDER BY aftersale_id LIMIT %(most)s",
        shop_id=shop_id,
        aftersale_ids=aftersale_ids,
        most=len(aftersale_ids),
    )


async def askable_of_buyer(
    reader: Reader, person: Person, shop_id: ShopId, order_id: OrderId
) -> dict[OrderLineId, list[Askable]]:
    """What the buyer may ask of each line of an order, kind by kind, and why not. Raises OrderUnknown."""
    detail = await order_of_buyer(reader, person.person_id, shop_id, order_id)
    now = await lines_now(reader, detail.order, detail.lines)
    return {line_id: [askable(line, kind) for kind in CaseKind] for line_id, line in now.items()}


async def _detail(reader: Reader, case: Case, *, hidden: frozenset[Actor]) -> CaseDetail:
    order = await order_of_shop(reader, case.shop_id, case.order_id)
    line = next(each for each in order.lines if each.order_line_id == case.order_line_id)
    steps = await reader.rows(
        CaseStep,
        f"SELECT {STEP_COLUMNS} FROM aftersale_step"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s ORDER BY step_id LIMIT %(most)s",
        shop_id=case.shop_id,
        aftersale_id=case.aftersale_id,
        most=STEPS_READ_MAX,
    )
    money = await line_money(reader, order.order, line, without=case.aftersale_id)
    may = {actor: _may(case, actor) for actor in (Actor.BUYER, Actor.SELLER, Actor.PLATFORM)}
    return CaseDetail(
        case=case,
        order=order,
        line=line,
        steps=[msgspec.structs.replace(step, person_id=None) if step.actor in hidden else step for step in steps],
        files=await files_of_steps(reader, steps),
        amounts=amount_lines(case, money),
        may=may,
        offers=OFFERS.get(case.kind, ()) if Action.OFFER in may[Actor.SELLER] else (),
        deadline=deadline_of(case.state, case.kind, delivered=case.return_delivered_at is not None),
    )


def _may(case: Case, actor: Actor) -> list[Action]:
    return [action for action in actions_of(case, actor) if actor is not Actor.SELLER or may_refuse(case, action)]


def worth_lines(
    kind: CaseKind, quantity: int, most_goods_fen: int, most_fen: int, money: LineMoney
) -> list[AmountLine]:
    """What pieces are worth at most, line by line; the last line sums up those before."""
    if kind is CaseKind.PRICE_PROTECTION:
        lines = [AmountLine("difference", most_fen)]
    else:
        goods_fen = share_of_pieces(money.goods_fen, money.quantity, quantity)
        lines = [
            AmountLine("goods", goods_fen),
            AmountLine("earlier", most_goods_fen - goods_fen),
            AmountLine("freight", most_fen - most_goods_fen),
        ]
    lines = [each for each in lines if each.amount_fen or each.key == "goods"]
    return [*lines, AmountLine("most", most_fen)]


def amount_lines(case: Case, money: LineMoney) -> list[AmountLine]:
    """How a case's amount comes about; the lines before `most` sum to it. `money` is the line without the case."""
    lines = worth_lines(case.kind, case.quantity, case.most_goods_fen, case.most_fen, money)
    if case.kind not in LEAVES_AGAIN:
        lines.append(AmountLine("asked", case.asked_fen))
    if case.offer_fen is not None and case.offer_kind not in LEAVES_AGAIN:
        lines.append(AmountLine("offered", case.offer_fen))
    if case.decided_fen is not None:
        lines.append(AmountLine("decided", case.decided_fen))
    if case.return_freight_fen:
        lines.append(AmountLine("return_freight", case.return_freight_fen))
    if case.state in DECIDED and case.return_freight_owed_fen:
        lines.append(AmountLine("return_freight_owed", case.return_freight_owed_fen))
    if case.state in DECIDED and case.refund_fen:
        lines.append(AmountLine("refund", case.refund_fen))
    return lines
