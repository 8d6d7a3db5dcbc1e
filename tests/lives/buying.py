"""Steps of buyers before they pay: claiming coupons, placing orders, repeating themselves, cancelling, leaving."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from tests.lives import cut_lane
from tests.lives.bookkeeping import HELD_PIECES, HOLDS_IN_ROOM, HOLDS_IN_SHOP, Claim, Coupon, Line, Order
from tests.lives.dice import Dice
from tests.lives.life import BooksDiffer, Life, Outcome
from tests.orders.shopping import ADDRESS
from yellowcart.accounts.model import Person
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import CouponId, OrderId, SpecialPriceId
from yellowcart.orders.close import cancel_order
from yellowcart.orders.holds import return_to_cashier
from yellowcart.orders.place import CONNECTIONS, PlacedOrder
from yellowcart.orders.wanted import NewOrder, UsedCoupon, WantedLine
from yellowcart.payments.presence import leave_cashier
from yellowcart.promotions.special_prices import end_special_price

APPLY_ORDER = ("shop", "platform", "creator")


def one_order(life: Life, dice: Dice, *states: str) -> Order | None:
    """One of the orders in these states, or of all."""
    orders = [order for order in life.books.orders.values() if not states or order.state in states]
    return dice.one(orders) if orders else None


def buyer_of(life: Life, order: Order) -> Person:
    """Who placed it."""
    return next(buyer for buyer in life.shop.buyers if buyer.person_id == order.buyer)


async def claim(life: Life, dice: Dice) -> None:
    """A buyer claims a coupon, and asks twice."""
    if not life.books.coupons:
        return
    coupon_id, buyer = dice.one(list(life.books.coupons)), dice.one(life.shop.buyers)
    coupon, key = life.books.coupons[coupon_id], f"claim{len(life.story)}"
    mine, out = coupon.claimed.get(buyer.person_id, 0), sum(coupon.claimed.values())
    why_not = set()
    if life.now >= coupon.usable_until:
        why_not = {"coupon_over"}
    elif mine >= coupon.per_buyer:
        why_not = {"coupon_limit_reached"}
    elif out >= coupon.stock:
        why_not = {"coupon_gone"}
    life.tell(f"buyer {life.shop.buyers.index(buyer)} claims a coupon of the {coupon.funder}")
    for _ in range(2):
        outcome: Outcome[int] = Outcome()
        try:
            claimed = await life.premises.claims.claim(buyer, CouponId(coupon_id), key)
            outcome = Outcome(claimed.claim_id, happened=True)
        except Refusal as refused:
            life.counts[f"refused {refused.code}"] += 1
            outcome = Outcome(refused=refused)
        if life.require(outcome, why_not) and outcome.answer not in life.books.claims:
            coupon.claimed[buyer.person_id] = mine + 1
            life.books.claims[outcome.answer or 0] = Claim(buyer.person_id, coupon_id)


async def place(life: Life, dice: Dice) -> None:
    """A buyer orders one to three lines, at a special price or not, with coupons or without."""
    buyer = dice.one(life.shop.buyers)
    wanted = _wanted_lines(life, dice)
    claims = _chosen_claims(life, dice, buyer)
    why_not = _why_not(life, buyer, wanted, claims)
    goods = sum(line.unit_price_fen * line.quantity for line in wanted)
    off = _off(life, claims, goods)
    freight = life.shop.freight(sum(line.quantity for line in wanted))
    total = goods - sum(off.values()) + freight
    if total < 1:
        # Nobody takes a payment of nothing: one fen is left of the order, at the cost of the last coupon.
        last = next(coupon for coupon in reversed(off) if off[coupon])
        off[last], total = off[last] - 1, 1
    if 0 in off.values():
        why_not.add("coupon_takes_nothing")
    order = NewOrder(
        lines=wanted,
        total_fen=max(total, 1),
        address=ADDRESS,
        coupons=[UsedCoupon(claim_id, life.books.claims[claim_id].coupon) for claim_id in claims],
    )
    key = f"order{len(life.story)}"
    life.tell(
        f"buyer {life.shop.buyers.index(buyer)} orders "
        + ", ".join(
            f"{line.quantity} of {_sku(life, line)}{' at the special price' if line.special_price_id else ''}"
            for line in wanted
        )
        + (f" with {len(claims)} coupons" if claims else "")
        + f" for {total}"
    )
    outcome = await _ask_in_spite(life, buyer, key, order, cut=cut_lane.chosen(dice))
    if life.require(outcome, why_not):
        assert outcome.answer is not None
        await _note(life, buyer, outcome.answer, wanted, claims, off)
        life.placed[outcome.answer.order_id] = (key, order, buyer.person_id)


async def place_again(life: Life, dice: Dice) -> None:
    """The same request once more: the same answer. Another request by the same key: refused."""
    if not life.placed:
        return
    order_id = dice.one(list(life.placed))
    key, order, buyer_id = life.placed[order_id]
    buyer = next(each for each in life.shop.buyers if each.person_id == buyer_id)
    changed = dice.chance(1, 3)
    life.tell(f"order {order_id} is asked for again" + (", with something else" if changed else ""))
    outcome = await _ask_in_spite(life, buyer, key, order, content="other" if changed else "")
    if outcome.refused is not None:
        life.tell(f"  refused: {outcome.refused.code}")
        # What cannot be checked any more (a price that is over, a coupon that expired) is refused before the key
        # is looked at; nothing is placed by either.
        if changed and outcome.refused.code not in {"idempotency_key_reused", *_PASSED}:
            raise BooksDiffer(f"a key used twice is refused with {outcome.refused.code}")
        if not changed and outcome.refused.code not in _PASSED:
            raise BooksDiffer(f"a repeat is refused with {outcome.refused.code}")
    elif changed or outcome.answer is None or outcome.answer.order_id != order_id:
        raise BooksDiffer(f"a repeat of {order_id} was answered with {outcome.answer}")


_PASSED = {"price_changed", "coupon_expired", "coupon_used"}


async def _ask(life: Life, buyer: Person, key: str, order: NewOrder, content: str = "") -> Outcome[PlacedOrder]:
    try:
        answer = await life.premises.lane.place(buyer.person_id, key, f"hash of {key}{content}", order)
    except Refusal as refused:
        life.counts[f"refused {refused.code}"] += 1
        return Outcome(refused=refused)
    return Outcome(answer, happened=True)


async def _ask_in_spite(
    life: Life, buyer: Person, key: str, order: NewOrder, *, cut: str = "", content: str = ""
) -> Outcome[PlacedOrder]:
    """Ask until there is an answer, with the same key; `cut` says how the lane loses its connections at it. Those
    that were lost before are noticed now."""
    if cut == "before":
        await cut_lane.cut_before(life)
    asked = asyncio.ensure_future(_ask(life, buyer, key, order, content))
    if cut == "waiting":
        await cut_lane.cut_while_waiting(life, asked)
    outcome = await asked
    for _ in range(CONNECTIONS):
        if outcome.refused is None or outcome.refused.code != "unavailable":
            break
        outcome = await _ask(life, buyer, key, order, content)
    return outcome


def _wanted_lines(life: Life, dice: Dice) -> list[WantedLine]:
    world, lines = life.shop.world, []
    specials = {special.sku: (special_id, special) for special_id, special in life.books.specials.items()}
    for _ in range(1 + dice.pick(3) // 2 + dice.pick(4) // 3):
        sku = dice.one(world.sku_ids)
        special_id, special = specials.get(sku, (None, None))
        asks = special is not None and (special.holds(life.now) or dice.chance(1, 8)) and not dice.chance(1, 6)
        lines.append(
            WantedLine(
                listing_id=world.listing_id,
                sku_id=sku,
                quantity=1 + dice.pick(3),
                unit_price_fen=special.price_fen if special and asks else life.books.prices[sku],
                special_price_id=special_id if asks else None,
                return_rule_accepted=True,
            )
        )
    return lines


def _chosen_claims(life: Life, dice: Dice, buyer: Person) -> list[int]:
    """At most one of each funder; now and then one that is used already."""
    chosen: dict[str, int] = {}
    if dice.chance(1, 4):
        return []
    for claim_id, known in life.books.claims.items():
        if known.buyer == buyer.person_id and (known.order is None or dice.chance(1, 8)):
            chosen.setdefault(life.books.coupons[known.coupon].funder, claim_id)
    return list(chosen.values())


def _why_not(life: Life, buyer: Person, wanted: Sequence[WantedLine], claims: Sequence[int]) -> set[str]:
    books, now = life.books, life.now
    why_not: set[str] = set()
    pieces = sum(line.quantity for line in wanted)
    if books.limit is not None and books.bought.get(buyer.person_id, 0) + pieces > books.limit:
        why_not.add("limit_reached")
    held = books.unpaid_of(buyer.person_id)
    held_pieces = sum(line.quantity for order in held for line in order.lines)
    if held and (len(held) >= min(HOLDS_IN_ROOM, HOLDS_IN_SHOP) or held_pieces + pieces > HELD_PIECES):
        why_not.add("hold_limit_reached")
    for special_id, special in books.specials.items():
        at_it = [line for line in wanted if line.special_price_id == special_id]
        if at_it and not special.holds(now):
            why_not.add("price_changed")
        if sum(line.quantity for line in at_it) > special.quota - special.taken:
            why_not.add("special_price_gone")
        left = special.quota - special.taken
        for line in wanted:
            other = line.sku_id == special.sku and line.special_price_id is None
            if other and special.holds(now) and line.quantity <= left:
                why_not.add("price_changed")
    goods = sum(line.unit_price_fen * line.quantity for line in wanted)
    for claim_id in claims:
        coupon = books.coupons[books.claims[claim_id].coupon]
        if books.claims[claim_id].order is not None:
            why_not.add("coupon_used")
        if now >= coupon.usable_until:
            why_not.add("coupon_expired")
        if goods < coupon.threshold_fen:
            why_not.add("coupon_threshold_missed")
    for sku, shelf in books.shelves.items():
        if sum(line.quantity for line in wanted if line.sku_id == sku) > shelf.available:
            why_not.add("sold_out")
    return why_not


def _off(life: Life, claims: Sequence[int], goods: int) -> dict[int, int]:
    """What each coupon takes off, the shop's first, each of what is left."""
    used = [life.books.claims[claim_id].coupon for claim_id in claims]
    coupons: list[tuple[int, Coupon]] = sorted(
        ((coupon_id, life.books.coupons[coupon_id]) for coupon_id in used),
        key=lambda each: APPLY_ORDER.index(each[1].funder),
    )
    off = {}
    for coupon_id, coupon in coupons:
        off[coupon_id] = coupon.off(goods)
        goods -= off[coupon_id]
    return off


async def _note(
    life: Life,
    buyer: Person,
    placed: PlacedOrder,
    wanted: Sequence[WantedLine],
    claims: Sequence[int],
    off: dict[int, int],
) -> None:
    """Note a new order; how its coupons and its freight fall on its lines is read, and must sum up."""
    tables = await life.look()
    rows = sorted(
        (row for row in tables.lines if row.order_id == placed.order_id), key=lambda row: row.order_line_id
    )
    lines = []
    for row, line in zip(rows, wanted, strict=True):
        parts = {
            each.coupon_id: each.amount_fen for each in tables.discounts if each.order_line_id == row.order_line_id
        }
        goods = line.unit_price_fen * line.quantity
        if row.sku_id != line.sku_id or row.payable_fen != goods - sum(parts.values()) + row.freight_fen:
            raise BooksDiffer(f"line {row.order_line_id} costs {row.payable_fen}, with {parts} off {goods}")
        lines.append(
            Line(
                row.order_line_id,
                row.sku_id,
                line.quantity,
                line.special_price_id,
                row.payable_fen,
                row.freight_fen,
                parts,
            )
        )
    sums = {coupon: sum(line.coupons.get(coupon, 0) for line in lines) for coupon in off}
    if sums != off:
        raise BooksDiffer(f"coupons take off {sums}, and should take {off}")
    freight = life.shop.freight(sum(line.quantity for line in wanted))
    if sum(line.freight_fen for line in lines) != freight:
        raise BooksDiffer(f"the lines' freight is not {freight}")
    full = life.now + timedelta(seconds=life.shop.hold_s)
    order = Order(placed.order_id, buyer.person_id, lines, placed.total_fen, list(claims), life.now, full, full)
    if placed.hold_until != full:
        raise BooksDiffer(f"the hold ends {placed.hold_until}, not {full}")
    life.books.place(order)


def _sku(life: Life, line: WantedLine) -> str:
    return "AB"[life.shop.world.sku_ids.index(line.sku_id)]


async def cancel_unpaid(life: Life, dice: Dice) -> None:
    """A buyer takes an order back that may not be paid yet, or says so twice."""
    order = one_order(life, dice, "submitted") if dice.chance(3, 4) else one_order(life, dice)
    if order is None:
        return
    life.tell(f"order {order.order_id} is cancelled unpaid")
    why_not = set() if order.state in {"submitted", "closed"} else {"order_moved"}
    outcome = await life.act(
        lambda writer: cancel_order(writer, buyer_of(life, order), life.shop_id, OrderId(order.order_id)),
        dice.cut(),
    )
    if life.require(outcome, why_not) and order.state == "submitted":
        life.books.close_unpaid(order, "buyer_cancelled")


async def leave(life: Life, dice: Dice) -> None:
    """A buyer leaves the cashier, or comes back to it."""
    order = one_order(life, dice)
    if order is None:
        return
    back = dice.chance(1, 2)
    life.tell(f"the buyer of {order.order_id} {'comes back to' if back else 'leaves'} the cashier")
    verb = return_to_cashier if back else leave_cashier
    outcome = await life.act(
        lambda writer: verb(writer, buyer_of(life, order), life.shop_id, OrderId(order.order_id)), dice.cut()
    )
    if not life.require(outcome, set()) or outcome.answer is None:
        return
    waits = order.state == "submitted" and order.hold_until > life.now
    if not waits and outcome.answer != order.hold_until:
        raise BooksDiffer(f"the hold of {order.order_id} moved to {outcome.answer}")
    if waits and back and outcome.answer != order.full_hold:
        raise BooksDiffer(f"the hold of {order.order_id} is {outcome.answer}, not whole")
    if waits and not back and not min(life.now + timedelta(seconds=60), order.hold_until) <= outcome.answer:
        raise BooksDiffer(f"the hold of {order.order_id} ends at {outcome.answer}")
    order.hold_until = outcome.answer


async def end_special(life: Life, dice: Dice) -> None:
    """The shop ends a special price early."""
    running = [special_id for special_id, each in life.books.specials.items() if each.holds(life.now)]
    if not running:
        return
    life.tell("the special price is ended early")
    outcome = await life.act(
        lambda writer: end_special_price(writer, life.shop.merchant, life.shop_id, SpecialPriceId(running[0])),
        dice.cut(),
    )
    if life.require(outcome, set()):
        life.books.specials[running[0]].ended = True
        await life.premises.snapshots.read(life.shop.world.listing_id)
