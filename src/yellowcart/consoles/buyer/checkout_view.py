"""A checkout put together for its page: lines, addresses, coupons, the price with its parts, and what stands in
the way. The price is the checkout desk's; nothing is reckoned here."""

from collections.abc import Sequence

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.checkout_cart import (
    CheckoutCart,
    LineInCart,
    MoreGoods,
    lines_of,
    more_goods,
    read_checkout_cart,
)
from yellowcart.consoles.buyer.checkout_form import BEST, OWN, TypedCheckout
from yellowcart.consoles.buyer.checkout_words import FreightWords, advice_for, freight_words, told_refusal
from yellowcart.consoles.forms import fresh_request_key
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.links.rules import Timeline
from yellowcart.orders.addresses import KnownAddress, addresses_of
from yellowcart.orders.checkout import Checkout, CheckoutDesk, CouponOption, Quote
from yellowcart.orders.errors import CouponsOfOneFunder, CouponUnknown, HoldLimitReached, PriceChanged
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.price import Price
from yellowcart.orders.rules import QUANTITY_MAX
from yellowcart.orders.wanted import NewAddress, NewOrder, UsedCoupon, WantedLine
from yellowcart.promotions.errors import CouponThresholdMissed, CouponUnusable
from yellowcart.promotions.model import Funder

UNPAID_ORDERS = "/orders?show=to_pay"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the buyer is told above the form. `action` is a link: its words and its address; `before_fen`
    and `now_fen` are the sum that they saw and the one that holds."""

    text: str
    kind: str = "warning"
    advice: str = ""
    action: tuple[str, str] | None = None
    before_fen: int | None = None
    now_fen: int | None = None


class Hint(msgspec.Struct, frozen=True):
    """What lacks to something worth reaching: free freight (no title) or a coupon's minimum. Fen."""

    missing_fen: int
    title: str = ""
    title_en: str = ""


class CheckoutView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the checkout's page draws. `order` is what would be ordered, None while something stands in
    the way; `choice` says who chooses the coupons, and `picks` are the buyer's own choice."""

    back: str
    shop_name: str
    shop_name_en: str
    lines: list[LineInCart]
    more: list[MoreGoods]
    addresses: list[KnownAddress]
    address: KnownAddress | None
    coupons: list[tuple[Funder, list[CouponOption]]]
    choice: str
    picks: list[UsedCoupon]
    quote: Quote | None
    price: Price | None
    freight: list[FreightWords]
    hints: list[Hint]
    notices: list[Notice]
    order: NewOrder | None
    note: str
    request_key: str

    @property
    def order_json(self) -> str:
        """The order as `POST /api/v1/orders` takes it, without note and ticks."""
        return msgspec.json.encode(self.order).decode() if self.order is not None else ""

    @property
    def used(self) -> str:
        """The coupons that are shown as chosen, as the form carries them."""
        used = self.quote.used if self.quote is not None else []
        return " ".join(f"{coupon.claim_id}-{coupon.coupon_id}" for coupon in used)

    @property
    def is_changed(self) -> bool:
        """Whether the buyer is asked again, because the price is another one than they saw."""
        return any(notice.now_fen is not None for notice in self.notices)

    @property
    def pieces(self) -> int:
        """Pieces of everything that would be ordered."""
        return sum(line.typed.quantity for line in self.lines if not line.gone)


async def read_checkout_view(
    database: Database,
    desk: CheckoutDesk,
    timeline: Timeline,
    person: Person,
    typed: TypedCheckout,
    locale: Locale,
    *,
    refused: Refusal | str = "",
) -> CheckoutView:
    """The checkout as it stands now. `refused`: why the lane did not take the order, itself or by its code.

    Raises NotFound for goods that viewers never saw.
    """
    async with database.reading() as reader:
        cart = await read_checkout_cart(reader, typed.lines, timeline, locale)
        known = await addresses_of(reader, person.person_id)
    chosen = chosen_address(known, typed.address_id)
    address = chosen.address if chosen is not None and chosen.is_complete else None
    lines = lines_of(cart, typed.lines, locale)
    notices = _typing_notices(typed, locale)
    good = [line for line in lines if not line.gone]
    quote = None
    if good:
        asked = typed.checkout([line.typed for line in good], address)
        quote, said = await _quote(desk, person, asked, locale, address)
        notices += said
    lines = _priced_lines(lines, quote, typed.seen)
    order = _order(quote, address) if not any(line.warning for line in good) else None
    told = _told(refused, lines, address) if isinstance(refused, str) else refused
    notices = _lane_notices(told, typed.seen, quote, address, locale) + notices
    return _view(cart, typed, lines, known, chosen, quote, notices, order)


def _view(
    cart: CheckoutCart,
    typed: TypedCheckout,
    lines: list[LineInCart],
    known: list[KnownAddress],
    chosen: KnownAddress | None,
    quote: Quote | None,
    notices: list[Notice],
    order: NewOrder | None,
) -> CheckoutView:
    price = quote.price if quote is not None else None
    freight = [freight_words(reckoning) for reckoning in price.freight] if price is not None else []
    options = quote.coupons if quote is not None else []
    return CheckoutView(
        back=cart.back,
        shop_name=cart.first.shop_name or "",
        shop_name_en=cart.first.shop_name_en or "",
        lines=lines,
        more=more_goods(cart, typed.lines),
        addresses=known,
        address=chosen,
        coupons=[
            (funder, of_funder)
            for funder in Funder
            if (of_funder := [option for option in options if option.funder is funder])
        ],
        choice=BEST if typed.picks is None else OWN,
        picks=typed.picks or [],
        quote=quote,
        price=price,
        freight=freight,
        hints=_hints(freight, options),
        notices=notices,
        order=order,
        note=typed.note,
        request_key=fresh_request_key(),
    )


def chosen_address(known: Sequence[KnownAddress], address_id: int | None) -> KnownAddress | None:
    """The address that was chosen, else the one that comes first."""
    return next((each for each in known if each.address_id == address_id), known[0] if known else None)


async def _quote(
    desk: CheckoutDesk, person: Person, asked: Checkout, locale: Locale, address: DeliveryAddress | None
) -> tuple[Quote | None, list[Notice]]:
    """The price, without the coupons that do not fit any more: each is named with its reason. None where there is
    no price, with the reason."""
    notices: list[Notice] = []
    for _ in range(len(Funder) + 1):
        try:
            return await desk.quote(person, asked), notices
        except CouponUnusable as refusal:
            notices.append(_refusal_notice(refusal, locale))
            left_out = refusal.values.get("coupon_id")
            kept = [coupon for coupon in asked.coupons or [] if coupon.coupon_id != left_out]
            # Chosen coupons only can be in the way; the best ones fit by how they are found.
            asked = msgspec.structs.replace(asked, coupons=kept if asked.coupons else [])
        except (CouponUnknown, CouponsOfOneFunder) as refusal:
            notices.append(_refusal_notice(refusal, locale))
            asked = msgspec.structs.replace(asked, coupons=None)
        except Refusal as refusal:
            return None, [*notices, _refusal_notice(refusal, locale, kind="error")]
    return None, notices


def _priced_lines(lines: Sequence[LineInCart], quote: Quote | None, seen: NewOrder | None) -> list[LineInCart]:
    """The lines with what the desk says of each, in the same order, and the price that was seen if it differs."""
    if quote is None:
        return list(lines)
    seen_fen = {(line.listing_id, line.sku_id): line.unit_price_fen for line in seen.lines} if seen else {}
    priced = iter(quote.price.lines if quote.price is not None else ())
    quoted = iter(quote.lines)
    done: list[LineInCart] = []
    for line in lines:
        if line.gone:
            done.append(line)
            continue
        of_desk = next(quoted)
        before = seen_fen.get((line.typed.listing_id, line.typed.sku_id))
        done.append(
            msgspec.structs.replace(
                line,
                quoted=of_desk,
                priced=next(priced, None),
                before_fen=before if before != of_desk.unit_price_fen else None,
            )
        )
    return done


def _order(quote: Quote | None, address: DeliveryAddress | None) -> NewOrder | None:
    """What would be ordered at the price that is shown."""
    if quote is None or quote.price is None or address is None:
        return None
    names = ("recipient", "phone", "province", "city", "district", "street")
    return NewOrder(
        lines=[
            WantedLine(
                listing_id=line.listing_id,
                sku_id=line.sku_id,
                quantity=line.quantity,
                unit_price_fen=line.unit_price_fen,
                special_price_id=line.special_price_id,
            )
            for line in quote.lines
        ],
        total_fen=quote.price.total_fen,
        address=NewAddress(**{name: getattr(address, name) for name in names}),
        coupons=quote.used,
    )


def _told(code: str, lines: Sequence[LineInCart], address: DeliveryAddress | None) -> Refusal | None:
    """The refusal of a code; what its sentence needs is known here as well."""
    limits = [line.listing.limit_per_buyer for line in lines if line.listing.limit_per_buyer is not None]
    return told_refusal(code, limit=min(limits, default=None), province=address.province if address else "")


def _typing_notices(typed: TypedCheckout, locale: Locale) -> list[Notice]:
    if not typed.quantity_wrong:
        return []
    return [Notice(text=translate(N_("Choose 1 to %(most)s pieces."), locale, most=QUANTITY_MAX), kind="error")]


def _lane_notices(
    refusal: Refusal | None,
    seen: NewOrder | None,
    quote: Quote | None,
    address: DeliveryAddress | None,
    locale: Locale,
) -> list[Notice]:
    """What the lane said, and a sum that is another one than the buyer saw for the same things."""
    before, now = _changed_sum(seen, quote, address, refused=refusal is not None)
    if refusal is not None:
        notice = _refusal_notice(refusal, locale, kind="error")
        return [msgspec.structs.replace(notice, before_fen=before, now_fen=now)]
    if now is not None:
        return [Notice(text=PriceChanged().text(locale), before_fen=before, now_fen=now)]
    return []


def _changed_sum(
    seen: NewOrder | None, quote: Quote | None, address: DeliveryAddress | None, *, refused: bool
) -> tuple[int | None, int | None]:
    """The sum before and now, where the same order has another one; else nothing. That another coupon makes
    another sum is no news to who has just chosen it, but it is to who was refused."""
    if seen is None or quote is None or quote.price is None or address is None:
        return None, None
    the_same = [(line.listing_id, line.sku_id, line.quantity) for line in seen.lines] == [
        (line.listing_id, line.sku_id, line.quantity) for line in quote.lines
    ] and seen.address.province == address.province
    if not the_same or seen.total_fen == quote.price.total_fen:
        return None, None
    same_coupons = [coupon.coupon_id for coupon in seen.coupons] == [coupon.coupon_id for coupon in quote.used]
    same_prices = [line.unit_price_fen for line in seen.lines] == [line.unit_price_fen for line in quote.lines]
    if same_prices and not same_coupons and not refused:
        return None, None
    return seen.total_fen, quote.price.total_fen


def _refusal_notice(refusal: Refusal, locale: Locale, *, kind: str = "warning") -> Notice:
    advice = advice_for(refusal)
    action = None
    if isinstance(refusal, HoldLimitReached):
        action = (translate(N_("See the orders to pay"), locale), UNPAID_ORDERS)
    return Notice(
        text=refusal.text(locale), kind=kind, advice=translate(advice, locale) if advice else "", action=action
    )


def _hints(freight: Sequence[FreightWords], options: Sequence[CouponOption]) -> list[Hint]:
    """The nearest things worth adding something for: free freight, and one coupon."""
    hints = [Hint(each.missing_fen) for each in freight if each.missing_fen]
    near = [option for option in options if option.problem == CouponThresholdMissed.code and option.missing_fen]
    if near:
        nearest = min(near, key=lambda option: option.missing_fen)
        hints.append(Hint(nearest.missing_fen, nearest.title, nearest.title_en))
    return sorted(hints, key=lambda hint: hint.missing_fen)[:2]
