"""Stock of a product's SKUs: receiving, adjusting, and what was done before."""

import re

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.model import Sku
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.shops import require_member
from yellowcart.catalog.stock import adjust_stock, receive_stock, stock_changes
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ProductId, ShopId, SkuId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)
_SIGNED_NUMBER = re.compile(r"[+-]?\d{1,9}")


@get("/merchant/{shop_id:int}/products/{product_id:int}/stock", guards=[MERCHANT])
async def stock_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """Stock of every SKU of a product."""
    return await _page(request, database, person, ShopId(shop_id), ProductId(product_id))


@post("/merchant/{shop_id:int}/products/{product_id:int}/stock", guards=[MERCHANT], status_code=200)
async def change_stock_form(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Receive or adjust the stock of one SKU; the form sent twice counts once."""
    try:
        change = data.get("change", "").strip().replace("−", "-")
        if not _SIGNED_NUMBER.fullmatch(change):
            raise InvalidFields({"change": N_("A whole number, such as 20 or -3.")})
        if not data.get("sku_id", "").isdecimal():
            raise InvalidFields({"sku_id": N_("Choose one of these.")})
        await _change(database, person, ShopId(shop_id), data, int(change))
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        if "quantity" in form["errors"]:
            form["errors"]["change"] = form["errors"].pop("quantity")
        return await _page(
            request,
            database,
            person,
            ShopId(shop_id),
            ProductId(product_id),
            form=form,
            status=status_of(refusal),
        )
    return go_to(f"/merchant/{shop_id}/products/{product_id}/stock", flash=N_("The stock is changed."))


async def _change(database: Database, person: Person, shop_id: ShopId, data: dict[str, str], change: int) -> Sku:
    sku_id, reason = SkuId(int(data["sku_id"])), data.get("reason", "")
    receives = data.get("kind") == "receive"
    key = request_key(
        person.person_id, data.get("request_key"), [shop_id, sku_id, change, reason, data.get("kind", "")]
    )
    async with database.writing() as writer:

        async def make() -> Sku:
            if receives:
                return await receive_stock(writer, person, shop_id, sku_id, change, reason)
            return await adjust_stock(writer, person, shop_id, sku_id, change, reason)

        return await once(writer, "catalog:stock:change", key, Sku, make)


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    product_id: ProductId,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        detail = await product_detail(reader, shop_id, product_id)
        changes = await stock_changes(reader, shop_id, product_id)
    context: dict[str, object] = {
        "detail": detail,
        "changes": changes,
        "form": form,
        "request_key": fresh_request_key(),
    }
    return page(
        request, "merchant/stock.html", console_context(request, shop, "products") | context, status=status
    )


ROUTES = (stock_page, change_stock_form)
