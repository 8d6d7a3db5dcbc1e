"""What a shop lets rules decide, with what each of them would have decided lately; its address for returns, and
the time that everybody has."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.deadline_settings import deadline_settings
from yellowcart.aftersales.rule_preview import SWITCHES, preview_rules
from yellowcart.aftersales.rules import (
    GOOD_BUYER_ORDERS,
    GOOD_BUYER_REFUNDS_MAX,
    SMALL_REFUND_MAX_FEN,
    ShopRules,
)
from yellowcart.aftersales.shop_rules import change_shop_rules, shop_rules
from yellowcart.aftersales.wording import DEADLINE_NAMES
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.case_forms import amount_in, placed_form
from yellowcart.consoles.case_view import WORDS
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.merchant.aftersale_acts import address_in
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.pasted_address import written_address
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)


@get("/merchant/{shop_id:int}/aftersales/settings", guards=[MERCHANT])
async def settings_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The settings."""
    return await _settings_page(request, database, person, ShopId(shop_id))


@post("/merchant/{shop_id:int}/aftersales/settings", guards=[MERCHANT], status_code=200)
async def save(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Choose the rules, whole, and the address."""
    try:
        switches = {name: bool(data.get(name)) for name in SWITCHES.values()}
        limit_fen = amount_in(data, "small_refund") or 0
        if switches["small_refund_only"] and limit_fen == 0:
            raise InvalidFields({"small_refund": N_("Say up to which amount.")})
        async with database.writing() as writer:
            await change_shop_rules(
                writer,
                person,
                ShopId(shop_id),
                ShopRules(**switches, small_refund_fen=limit_fen),
                address_in(data),
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _settings_page(request, database, person, ShopId(shop_id), (refusal, data))
    return go_to(
        f"/merchant/{shop_id}/aftersales/settings",
        flash=N_("Saved. The rules hold for every after-sale from now on."),
    )


async def _settings_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    refused: tuple[Refusal, dict[str, str]] | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        settings = await shop_rules(reader, shop_id)
        tried_fen = settings.rules.small_refund_fen or SMALL_REFUND_MAX_FEN
        tried = await preview_rules(reader, shop_id, tried_fen)
        deadlines = await deadline_settings(reader)
    address, form = settings.return_address, None
    if refused:
        # A box that was left empty sends nothing, and stays empty.
        values = dict.fromkeys(SWITCHES.values(), "") | refused[1]
        form = placed_form(refused[0], values, locale_of(request))
    context = WORDS | {
        "rules": settings.rules,
        "small_refund": write_yuan(settings.rules.small_refund_fen) if settings.rules.small_refund_fen else "",
        "small_refund_most": SMALL_REFUND_MAX_FEN,
        "good_orders": GOOD_BUYER_ORDERS,
        "good_refunds": GOOD_BUYER_REFUNDS_MAX,
        "written": "" if address is None else written_address(address),
        "has_address": address is not None,
        "tried": tried,
        "tried_fen": tried_fen,
        "as_of": clock.now(),
        "deadlines": deadlines,
        "deadline_names": DEADLINE_NAMES,
        "form": form,
        "list_path": shop_path(shop, "/aftersales"),
    }
    return page(
        request,
        "merchant/aftersale_settings.html",
        console_context(request, shop, "aftersales") | context,
        status=status_of(refused[0]) if refused else 200,
    )


ROUTES = (settings_page, save)
