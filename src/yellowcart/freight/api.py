"""Districts, freight templates and delivery terms for programs. The same use cases as the merchant's pages."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import PUBLIC, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.freight.districts import district_tree_json
from yellowcart.freight.model import (
    DeliveryChange,
    FreightBasis,
    FreightReckoning,
    FreightTemplate,
    FreightTemplateId,
    FreightZone,
    NewFreightTemplate,
    ProductDelivery,
    ShipPromise,
)
from yellowcart.freight.product_terms import set_delivery
from yellowcart.freight.queries import DeliveryFilter, products_with_delivery, template_of, templates_of_shop
from yellowcart.freight.rules import FEE_FEN_MAX, MEASURE_MAX, PRODUCTS_AT_ONCE_MAX, ZONES_MAX, reckon
from yellowcart.freight.templates import change_template, create_template, retire_template
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey

MERCHANT = allow(Role.MERCHANT)
TEMPLATES = "/shops/{shop_id:int}/freight-templates"
TEMPLATE = TEMPLATES + "/{freight_template_id:int}"
DISTRICTS_KEPT_S = 7 * 86_400
Name = Annotated[str, msgspec.Meta(max_length=60)]
ProvinceCode = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{6}$", description="Six digits, as /districts has them.")
]
ProvinceCodes = Annotated[tuple[ProvinceCode, ...], msgspec.Meta(max_length=40)]
Step = Annotated[int, msgspec.Meta(ge=1, le=MEASURE_MAX, description="Pieces, or grams.")]
Fee = Annotated[int, msgspec.Meta(ge=0, le=FEE_FEN_MAX, description="In fen.")]
GoodsFen = Annotated[int, msgspec.Meta(ge=0, le=100_000_000_000, description="Price of the goods in fen.")]
AnId = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]


class ZoneBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What delivery to some provinces costs; the zone for everywhere else names none."""

    province_codes: ProvinceCodes = ()
    first: Step
    first_fen: Fee
    more: Step
    more_fen: Fee
    free_above_fen: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)] | None = None

    def zone(self) -> FreightZone:
        """The zone as templates keep it."""
        return FreightZone(**msgspec.structs.asdict(self))


class TemplateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A freight template. Without `elsewhere` provinces that no zone names are not delivered to."""

    name: Name
    basis: FreightBasis
    zones: Annotated[tuple[ZoneBody, ...], msgspec.Meta(max_length=ZONES_MAX)] = ()
    elsewhere: ZoneBody | None = None
    not_delivered: ProvinceCodes = ()

    def template(self) -> NewFreightTemplate:
        """The template as its verbs take it."""
        return NewFreightTemplate(
            name=self.name,
            basis=self.basis,
            zones=tuple(zone.zone() for zone in self.zones),
            elsewhere=None if self.elsewhere is None else self.elsewhere.zone(),
            not_delivered=self.not_delivered,
        )


class TemplateEditBody(TemplateBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole template as it shall be, with the `version` that was read."""

    version: int


class RetireBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which template the products get instead; needed when there are any."""

    successor_id: AnId | None = None


class TryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A delivery to try a template with: pieces or grams, and what the goods cost."""

    province_code: ProvinceCode
    measured: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000_000)]
    goods_fen: GoodsFen = 0


class DeliveryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What many products shall have; a field that is absent stays as it is. `freight_template_id` null: free."""

    product_ids: Annotated[tuple[AnId, ...], msgspec.Meta(min_length=1, max_length=PRODUCTS_AT_ONCE_MAX)]
    freight_template_id: AnId | msgspec.UnsetType | None = msgspec.UNSET
    weight_g: int | msgspec.UnsetType = msgspec.UNSET
    promise: ShipPromise | msgspec.UnsetType = msgspec.UNSET

    def change(self) -> DeliveryChange:
        """The change as its verb takes it."""
        template = self.freight_template_id
        return DeliveryChange(
            product_ids=tuple(ProductId(each) for each in self.product_ids),
            freight_template_id=FreightTemplateId(template) if isinstance(template, int) else template,
            weight_g=self.weight_g,
            promise=self.promise,
        )


class Changed(msgspec.Struct, frozen=True):
    """How many products were changed."""

    products: int


@get("/districts", guards=[PUBLIC])
async def districts() -> Response[bytes]:
    """Every province, city and district with its code: what an address may name. Changes with releases only."""
    return Response(
        district_tree_json(),
        media_type=MediaType.JSON,
        headers={"cache-control": f"public, max-age={DISTRICTS_KEPT_S}"},
    )


@get(TEMPLATES, guards=[MERCHANT])
async def templates(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Page[FreightTemplate]:
    """The shop's freight templates, in one page."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return Page(items=await templates_of_shop(reader, ShopId(shop_id)), next_cursor=None)


@post(TEMPLATES, guards=[MERCHANT])
async def make_template(
    shop_id: FromPath[int],
    data: JSONBody[TemplateBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> FreightTemplate:
    """Make a freight template."""
    key = request_key(person.person_id, idempotency_key, (shop_id, data))
    async with database.writing() as writer:
        return await once(
            writer,
            "freight:template:create",
            key,
            FreightTemplate,
            lambda: create_template(writer, person, ShopId(shop_id), data.template()),
        )


@get(TEMPLATE, guards=[MERCHANT])
async def template(
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> FreightTemplate:
    """One freight template."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await template_of(reader, ShopId(shop_id), FreightTemplateId(freight_template_id))


@put(TEMPLATE, guards=[MERCHANT])
async def edit_template(
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    data: JSONBody[TemplateEditBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> FreightTemplate:
    """Change a freight template. Orders that are placed keep their freight."""
    async with database.writing() as writer:
        return await change_template(
            writer,
            person,
            ShopId(shop_id),
            FreightTemplateId(freight_template_id),
            data.version,
            data.template(),
        )


@post(f"{TEMPLATE}/retire", guards=[MERCHANT], status_code=204)
async def retire(
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    data: JSONBody[RetireBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Take a template out of use; its products get the successor."""
    successor = None if data.successor_id is None else FreightTemplateId(data.successor_id)
    async with database.writing() as writer:
        await retire_template(writer, person, ShopId(shop_id), FreightTemplateId(freight_template_id), successor)


@post(f"{TEMPLATE}/try", guards=[MERCHANT], status_code=200)
async def try_template(
    shop_id: FromPath[int],
    freight_template_id: FromPath[int],
    data: JSONBody[TryBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> FreightReckoning:
    """What a delivery would cost, and how the fee comes about. Nothing is written."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        found = await template_of(reader, ShopId(shop_id), FreightTemplateId(freight_template_id))
    return reckon(found.terms, data.measured, data.goods_fen, data.province_code)


@get("/shops/{shop_id:int}/product-delivery", guards=[MERCHANT])
async def product_delivery(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    text: FromQuery[str | None] = None,
    freight_template_id: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ProductDelivery]:
    """The shop's products with template, weight and ship promise, newest first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await products_with_delivery(
            reader,
            ShopId(shop_id),
            DeliveryFilter(
                text=text or "",
                freight_template_id=(
                    None if freight_template_id is None else FreightTemplateId(freight_template_id)
                ),
            ),
            cursor=cursor,
            size=size,
        )


@put("/shops/{shop_id:int}/product-delivery", guards=[MERCHANT])
async def change_product_delivery(
    shop_id: FromPath[int],
    data: JSONBody[DeliveryBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Changed:
    """Give many products a template, a weight or a promise: all of them, or none."""
    async with database.writing() as writer:
        return Changed(await set_delivery(writer, person, ShopId(shop_id), data.change()))


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        districts,
        templates,
        make_template,
        template,
        edit_template,
        retire,
        try_template,
        product_delivery,
        change_product_delivery,
    ],
    tags=["freight"],
)
