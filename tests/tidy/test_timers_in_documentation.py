"""The times and limits that docs/orders.md tells are those of the code: each row of a table names a number,
which is compared with its constant here. The table of after-sale deadlines at its end is drawn, not written."""

import ast
from datetime import timedelta

import pytest

from tests.tidy.source import ROOT, code, tree_of
from yellowcart.aftersales.claims import CLAIM_LASTS
from yellowcart.aftersales.deadlines import DEFAULTS_S, Deadline
from yellowcart.aftersales.desk_queries import FIGURES_SPAN, HISTORY_SPAN
from yellowcart.aftersales.queries import DUE_SOON
from yellowcart.catalog.categories import CONFIRM_DAYS_MAX
from yellowcart.catalog.model import CONFIRM_DAYS_DEFAULT
from yellowcart.consoles.merchant.aftersale_bulk import CASES_AT_ONCE_MAX
from yellowcart.freight.model import DEFAULT_SHIP_WITHIN_S
from yellowcart.freight.rules import PRODUCTS_AT_ONCE_MAX, TEMPLATES_MAX, ZONES_MAX
from yellowcart.orders import addresses
from yellowcart.orders import rules as orders
from yellowcart.parcels import rules as parcels
from yellowcart.parcels.bulk.apply import KEPT_DAYS
from yellowcart.parcels.needs import rules as needs
from yellowcart.parcels.tracking import signature
from yellowcart.payments import rules as payments
from yellowcart.payments.wechat import STALE_AFTER_S
from yellowcart.promotions import buyer_queries, claim, drop, make_coupon, new_coupon, special_prices
from yellowcart.stage.rules import HOLD_S_DEFAULT, HOLD_S_MAX, HOLD_S_MIN

ROWS = [
    line
    for line in (ROOT / "docs" / "orders.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def hours(deadline: Deadline) -> int:
    return DEFAULTS_S[deadline] // 3_600


def days(deadline: Deadline) -> int:
    return DEFAULTS_S[deadline] // 86_400


def every_s(name: str) -> int:
    """How often a sweep runs, as its decorator says: `@sweep(every_s=2)`."""
    found = [
        keyword.value.value
        for path in code()
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.AsyncFunctionDef) and function.name == name
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "every_s" and isinstance(keyword.value, ast.Constant)
    ]
    assert len(found) == 1, found
    return int(str(found[0]))


TOLD = [
    ("unpaid orders of one buyer at one shop", f"| {orders.HELD_ORDERS_IN_SHOP_MAX} |"),
    ("unpaid orders of one buyer in one room", f"| {orders.HELD_ORDERS_IN_ROOM_MAX} |"),
    ("unpaid pieces of one buyer in one room", f"| {orders.HELD_PIECES_IN_ROOM_MAX} |"),
    ("a hold after its buyer left the cashier", f"| {payments.LEAVE_GRACE_S} s;"),
    (
        "a shipped order counts as received",
        f"| {CONFIRM_DAYS_DEFAULT} days, or what its categories say (1 to {CONFIRM_DAYS_MAX})",
    ),
    ("a buyer puts that off", f"once, by {orders.CONFIRM_EXTENDED_BY // DAY} days"),
    ("a received order is complete", f"{orders.RETURN_DAYS} days"),
    (
        "goods kept after ordering",
        f"{HOLD_S_DEFAULT // 60} minutes ({HOLD_S_MIN // 60} minute to {HOLD_S_MAX // 3_600} hours)",
    ),
    ("promise to ship", f"{DEFAULT_SHIP_WITHIN_S // 3_600} hours after payment"),
    ("automatic receipt", f"{CONFIRM_DAYS_DEFAULT} days after shipment"),
    ("extension of the receipt", f"{orders.CONFIRM_EXTENDED_BY // DAY} days, once"),
    ("coupons shown before they are given out", f"{buyer_queries.SOON // HOUR} hours"),
    ("the same coupon pops up again", f"after {drop.AGAIN_AFTER.seconds} s"),
    ("longest flash price", f"{special_prices.FLASH_LENGTH_MAX.days} days / {special_prices.AHEAD_MAX.days} days"),
    ("a coupon's windows lie ahead", f"{new_coupon.AHEAD_MAX.days} days"),
    ("running coupons of one maker", f"| {make_coupon.RUNNING_MAX} |"),
    (
        "coupon stock / per buyer / quota",
        f"{new_coupon.STOCK_MAX:,} / {new_coupon.PER_BUYER_LIMIT_MAX} / {special_prices.QUOTA_MAX:,}",
    ),
    ("claims that wait for one coupon", f"{claim.QUEUE_MAX:,}, then 429"),
    ("ship promise", f"| {DEFAULT_SHIP_WITHIN_S // 3_600} hours |"),
    ("templates of a shop", f"at most {TEMPLATES_MAX}, each at most {ZONES_MAX} zones"),
    ("products changed at once", f"at most {PRODUCTS_AT_ONCE_MAX}"),
    ("addresses in a book", f"at most {addresses.ADDRESSES_MAX}"),
    ("a removed address can be brought back", f"{addresses.UNDO_FOR // timedelta(minutes=1)} minutes"),
    (
        "an open payment is asked for",
        "after {} s, {} s, {} s … up to {} min".format(
            *(payments.ASK_FIRST_AFTER_S << turn for turn in range(3)), payments.ASK_AGAIN_S_MAX // 60
        ),
    ),
    ("a charge ends at the provider", f"{payments.EXPIRY_S_MIN} s at least"),
    ("… and is closed by us", f"{payments.CLOSE_AFTER_EXPIRY_S} s later"),
    (
        "goods kept after leaving the cashier",
        f"{payments.LEAVE_GRACE_S} s; {payments.AT_THE_BANK_S // 60} min from when a payment was last opened",
    ),
    ("age of a WeChat Pay notification", f"{STALE_AFTER_S // 60} min either way"),
    (
        "a refund is tried again",
        f"{payments.REFUND_AGAIN_S} s, {2 * payments.REFUND_AGAIN_S} s … up to "
        f"{payments.REFUND_AGAIN_S_MAX // 3_600} h; {payments.REFUND_ATTEMPTS_MAX} times",
    ),
    ("before a promise to ship ends", f"| {parcels.WARN_BEFORE // HOUR} h |"),
    ("waybill may be corrected", f"| {parcels.CORRECT_WITHIN // HOUR} h |"),
    ("events of unknown waybills", f"| {parcels.KEPT_ASIDE.days} day |"),
    ("message of a source may be old", f"| {signature.TOLERANCE // timedelta(minutes=1)} min |"),
    ("time of an event", f"{parcels.EVENT_PAST_MAX.days} days back to {parcels.EVENT_AHEAD_MAX // HOUR} h ahead"),
    ("asking about a parcel", f"{parcels.POLL_FOR.days} days after shipping"),
    ("quotes are due", f"{needs.DUE_AFTER_MIN // timedelta(minutes=1)} min to {needs.DUE_WITHIN.days} days"),
    ("waybill after an accepted quote", f"| {needs.WAYBILL_WITHIN // HOUR} h |"),
    ("rows of a waybill file", f"| {KEPT_DAYS} days |"),
    ("the shop answers a refund before shipment", f"| {hours(Deadline.SELLER_ANSWERS_UNSHIPPED)} h |"),
    ("the shop answers a refund only", f"| {hours(Deadline.SELLER_ANSWERS_SHIPPED)} h |"),
    ("the shop answers a return or exchange", f"| {hours(Deadline.SELLER_ANSWERS_RETURN)} h |"),
    ("the shop inspects", f"| {hours(Deadline.SELLER_INSPECTS)} h from"),
    ("a return without any news", f"| {days(Deadline.RETURN_TRAVELS)} days |"),
    ("the shop sends the replacement", f"| {hours(Deadline.SELLER_REPLACES)} h |"),
    ("the buyer goes on after a refusal", f"| {days(Deadline.BUYER_GOES_ON)} days |"),
    ("the buyer sends the goods back", f"| {days(Deadline.BUYER_SENDS_BACK)} days |"),
    ("a replacement counts as received", f"| {days(Deadline.BUYER_RECEIVES)} days |"),
    ("a side shows evidence", f"| {hours(Deadline.EVIDENCE)} h |"),
    ("the platform decides", f"| {hours(Deadline.PLATFORM_DECIDES)} h |"),
    ("claims for bad goods |", f"| {days(Deadline.CLAIM_WINDOW)} days after receipt |"),
    ("price protection |", f"| {days(Deadline.PRICE_WINDOW)} days after payment |"),
    ("a case taken by an operator", f"| {CLAIM_LASTS // HOUR} hours |"),
    ('"due soon" in lists', f"| {DUE_SOON // HOUR} hours |"),
    ("figures and preview of rules look back", f"| {FIGURES_SPAN.days} days |"),
    ("past of buyer and shop", f"| {HISTORY_SPAN.days} days |"),
    ("cases agreed to at once", f"| {CASES_AT_ONCE_MAX} |"),
]


@pytest.mark.parametrize(("row", "words"), TOLD, ids=[row for row, _ in TOLD])
def test_a_time_is_told_as_it_is(row: str, words: str) -> None:
    found = [line for line in ROWS if line.startswith(f"| {row}")]
    assert len(found) == 1, f"rows that begin with {row!r}: {found}"
    assert words in found[0]


@pytest.mark.parametrize(
    ("row", "sweep", "unit_s", "unit"),
    [
        ("unpaid orders close", "lapse_unpaid_orders", 1, "s"),
        ("a flash price is ended", "end_passed_prices", 1, "s"),
        ("a room is told that a special price began", "tell_of_begun_prices", 1, "s"),
        ("removed addresses are deleted", "delete_forgotten_addresses", 60, "minutes"),
    ],
)
def test_what_happens_by_itself_runs_as_often_as_is_told(row: str, sweep: str, unit_s: int, unit: str) -> None:
    (found,) = [line for line in ROWS if line.startswith(f"| {row}")]
    assert f"{every_s(sweep) / unit_s:g} {unit}" in found
