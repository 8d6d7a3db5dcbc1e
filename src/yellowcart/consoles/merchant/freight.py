"""Freight templates of a shop: the list with its try-out, the editor, and taking one out of use."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.merchant.freight_form import (
    TemplateForm,
    form_of_template,
    form_of_values,
    read_template,
    with_zone,
    without_zone,
)
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.freight.districts import provinces
from yellowcart.freight.errors import FreightTemplateInUse, NotDeliveredThere
from yellowcart.freight.model import FreightReckoning, FreightTemplate, FreightTemplateId
from yellowcart.freight.queries import template_of, templates_of_shop
from yellowcart.freight.rules import ZONES_MAX, reckon
from yellowcart.freight.templates import change_template, create_template, retire_template
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.money import AmountUnreadable, parse_yuan
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate

MERCHANT = allow(Role.MERCHANT)
FIRST_PROVINCE = "330000"
"""The province that the try-out begins with."""
MEASURED_DIGITS_MAX = 9

REGIONS = (
    (N_("North"), "1"),
    (N_("Northeast"), "2"),
    (N_("East"), "3"),
    (N_("Central and South"), "4"),
    (N_("Southwest"), "5"),
    (N_("Northwest"), "6"),
    (N_("Hong Kong, Macau, Taiwan"), "78"),
)
"""The first digit of a province's code is its region (GB/T 2260)."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What the try-out was asked, and what came of it: a fee explained, or why there is none."""

    template: FreightTemplate
    province: str
    measured: str
    goods: str
    reckoning: FreightReckoning | None = None
    refusal: str = ""


@get("/merchant/{shop_id:int}/freight", guards=[MERCHANT])
async def templates_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    template: FromQuery[str] = "",
    province: FromQuery[str] = FIRST_PROVINCE,
    measured: FromQuery[str] = "",
    goods: FromQuery[str] = "",
) -> Response[str]:
    """The shop's templates, each in words; beside them a delivery is tried out. What is tried stands in the
    address."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        templates = await templates_of_shop(reader, shop.shop_id)
    chosen = next((each for each in templates if str(each.freight_template_id) == template), None)
    tried = None
    if templates:
        tried = _try(request, chosen or templates[0], province, measured or "1", goods, asked=bool(measured))
    context = {
        "templates": templates,
        "tried": tried,
        "try_options": _options(templates),
        "province_names": provinces(),
    }
    return page(request, "merchant/freight.html", console_context(request, shop, "freight") | context)


@get("/merchant/{shop_id:int}/freight/new", guards=[MERCHANT])
async def new_template_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The editor, with one zone for everywhere."""
    return await _editor(request, database, person, ShopId(shop_id), TemplateForm())


@post("/merchant/{shop_id:int}/freight/new", guards=[MERCHANT], status_code=200)
async def make_template(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Make a template. The zone buttons only change the form."""
    typed = form_of_values(data)
    if changed := _changed_zones(typed, data.get("do", "")):
        return await _editor(request, database, person, ShopId(shop_id), changed, key=data.get("request_key"))
    try:
        wanted = read_template(typed)
        key = request_key(person.person_id, data.get("request_key"), (shop_id, wanted))
        async with database.writing() as writer:
            await once(
                writer,
                "freight:template:create",
                key,
                FreightTemplate,
                lambda: create_template(writer, person, ShopId(shop_id), wanted),
            )
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, {}, locale_of(request))
        return await _editor(
            request, database, person, ShopId(shop_id), typed, form=form, status=status_of(refusal)
        )
    return go_to(f"/merchant/{shop_id}/freight", flash=N_("The template is saved. Give it to your products now."))


@get("/merchant/{shop_id:int}/freight/{freight_template_id:int}", guards=[MERCHANT])
async def template_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The editor of a template."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        found = await template_of(reader, ShopId(shop_id), FreightTemplateId(freight_template_id))
    return await _editor(
        request, database, person, ShopId(shop_id), form_of_template(found), template_id=found.freight_template_id,
        version=str(found.version),
    )  # fmt: skip


@post("/merchant/{shop_id:int}/freight/{freight_template_id:int}", guards=[MERCHANT], status_code=200)
async def save_template(
    request: AnyRequest,
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Save a template. Orders that are placed keep their freight."""
    typed, template_id = form_of_values(data), FreightTemplateId(freight_template_id)
    version = data.get("version", "")
    if changed := _changed_zones(typed, data.get("do", "")):
        return await _editor(
            request, database, person, ShopId(shop_id), changed, template_id=template_id, version=version
        )
    try:
        wanted = read_template(typed)
        known = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
        async with database.writing() as writer:
            await change_template(writer, person, ShopId(shop_id), template_id, known, wanted)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _editor(
            request,
            database,
            person,
            ShopId(shop_id),
            typed,
            template_id=template_id,
            version=version,
            form=refused_form(refusal, {}, locale_of(request)),
            status=status_of(refusal),
        )
    return go_to(
        f"/merchant/{shop_id}/freight",
        flash=N_("The template is saved. It counts for orders from now on; placed orders keep their freight."),
    )


@get("/merchant/{shop_id:int}/freight/{freight_template_id:int}/retire", guards=[MERCHANT])
async def retire_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The question before a template is taken out of use, with the template that its products get."""
    return await _retire_page(request, database, person, ShopId(shop_id), FreightTemplateId(freight_template_id))


@post("/merchant/{shop_id:int}/freight/{freight_template_id:int}/retire", guards=[MERCHANT], status_code=200)
async def retire(
    request: AnyRequest,
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Take a template out of use."""
    ids = ShopId(shop_id), FreightTemplateId(freight_template_id)
    named = data.get("successor", "")
    successor = FreightTemplateId(int(named)) if named.isascii() and named.isdigit() and len(named) < 17 else None
    try:
        async with database.writing() as writer:
            await retire_template(writer, person, *ids, successor)
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        if isinstance(refusal, FreightTemplateInUse):
            form["errors"] = {"successor": refusal.text(locale_of(request))}
        return await _retire_page(request, database, person, *ids, form=form, status=status_of(refusal))
    return go_to(f"/merchant/{shop_id}/freight", flash=N_("The template is retired."))


def _try(
    request: AnyRequest, template: FreightTemplate, province: str, measured: str, goods: str, *, asked: bool
) -> Tried:
    locale = locale_of(request)
    known = province if province in provinces() else FIRST_PROVINCE
    tried = Tried(template=template, province=known, measured=measured, goods=goods)
    if not asked:
        return tried
    if not (measured.isascii() and measured.isdigit() and len(measured) <= MEASURED_DIGITS_MAX and int(measured)):
        return msgspec.structs.replace(
            tried, refusal=translate(N_("Write how many pieces or grams, as a whole number from 1."), locale)
        )
    try:
        reckoning = reckon(template.terms, int(measured), parse_yuan(goods) if goods.strip() else 0, known)
    except (NotDeliveredThere, AmountUnreadable) as refusal:
        return msgspec.structs.replace(tried, refusal=refusal.text(locale))
    return msgspec.structs.replace(tried, reckoning=reckoning)


def _options(templates: list[FreightTemplate]) -> list[tuple[FreightTemplateId, str]]:
    return [(each.freight_template_id, each.name) for each in templates]


def _changed_zones(typed: TemplateForm, do: str) -> TemplateForm | None:
    """The form after a zone button, None for the other buttons."""
    if do == "add_zone":
        return with_zone(typed)
    name, _, number = do.partition(":")
    if name == "remove_zone" and number.isascii() and number.isdigit():
        return without_zone(typed, int(number))
    return None


async def _editor(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    typed: TemplateForm,
    *,
    template_id: FreightTemplateId | None = None,
    version: str = "",
    form: Form | None = None,
    key: str | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
    context = {
        "typed": typed,
        "template_id": template_id,
        "version": version,
        "form": form,
        "request_key": key or fresh_request_key(),
        "regions": [
            (label, [(code, name) for code, name in provinces().items() if code[0] in digits])
            for label, digits in REGIONS
        ],
        "province_names": provinces(),
        "zones_max": ZONES_MAX,
    }
    return page(
        request,
        "merchant/freight_template.html",
        console_context(request, shop, "freight") | context,
        status=status,
    )


async def _retire_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    template_id: FreightTemplateId,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        template = await template_of(reader, shop_id, template_id)
        templates = await templates_of_shop(reader, shop_id)
    others = [each for each in templates if each.freight_template_id != template_id]
    context = {"template": template, "others": others, "successor_options": _options(others), "form": form}
    return page(
        request, "merchant/freight_retire.html", console_context(request, shop, "freight") | context, status=status
    )


ROUTES = (
    templates_page,
    new_template_page,
    make_template,
    template_page,
    save_template,
    retire_page,
    retire,
)
