"""The product list and the product editor."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.errors import ProductStale
from yellowcart.catalog.model import Category, DraftStatus, ProductDetail, ReviewStatus, SaleStatus, Shop
from yellowcart.catalog.product_list import ProductFilter, product_counts, products_of_shop
from yellowcart.catalog.products import create_product, drop_draft, edit_product
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.review import submit_product
from yellowcart.catalog.selling import put_off_sale, put_on_sale, retire_product
from yellowcart.catalog.shops import require_member
from yellowcart.catalog.wording import review_problem_text
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.merchant.categories import category_options
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.merchant.product_form import (
    SkuRow,
    read_edit,
    read_new_product,
    rows_of_form,
    rows_of_product,
    values_of_product,
    with_row,
    without_row,
)
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Conflict, NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)
ALL = "all"
"""The choice of no category in the filter."""
_MOVES = {"put-on-sale": put_on_sale, "put-off-sale": put_off_sale, "drop-draft": drop_draft}
_MOVED = {
    "put-on-sale": N_("The product is on sale."),
    "put-off-sale": N_("The product is off sale. Open orders go on."),
    "drop-draft": N_("The draft is dropped; the published text stays."),
}


@get("/merchant/{shop_id:int}/products", guards=[MERCHANT])
async def products_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    text: FromQuery[str] = "",
    category: FromQuery[str] = "",
    status: FromQuery[str] = "",
    sort: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """The shop's products; search, tab, category and order stand in the address."""
    only = ProductFilter(status) if status in set(ProductFilter) else None
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        products = await products_of_shop(
            reader,
            shop.shop_id,
            text=text,
            category_code=None if category == ALL else category,
            only=only,
            sort=sort,
            cursor=cursor or None,
        )
        counts = await product_counts(reader, shop.shop_id)
        categories = await category_tree(reader)
    context: dict[str, object] = {
        "products": products,
        "counts": counts,
        "category_options": category_options(categories, locale_of(request), leaves_only=False),
        "text": text,
        "category": category or ALL,
    }
    return page(request, "merchant/products.html", console_context(request, shop, "products") | context)


@get("/merchant/{shop_id:int}/products/new", guards=[MERCHANT])
async def new_product_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The editor, empty."""
    return await _new_page(request, database, person, ShopId(shop_id), None, [SkuRow(number=0)])


@post("/merchant/{shop_id:int}/products/new", guards=[MERCHANT], status_code=200)
async def make_product(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Make a product, and submit it when that button was pressed. The row buttons only change the form."""
    rows, do = rows_of_form(data), data.get("do", "save")
    if changed := _changed_rows(rows, do):
        return await _new_page(request, database, person, ShopId(shop_id), _typed(data), changed)
    try:
        wanted = read_new_product(data)
        key = request_key(person.person_id, data.get("request_key"), wanted)
        async with database.writing() as writer:
            made = await once(
                writer,
                "catalog:product:create",
                key,
                ProductDetail,
                lambda: create_product(writer, person, ShopId(shop_id), wanted),
            )
            if do == "submit" and made.product.review_status is ReviewStatus.UNREVIEWED:
                made = await submit_product(writer, person, ShopId(shop_id), made.product.product_id)
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _new_page(
            request, database, person, ShopId(shop_id), form, rows or [SkuRow(number=0)], status_of(refusal)
        )
    return _after_saving(made, submitted=do == "submit")


@get("/merchant/{shop_id:int}/products/{product_id:int}", guards=[MERCHANT])
async def product_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The editor of a product: its draft where there is one."""
    return await _edit_page(request, database, person, ShopId(shop_id), ProductId(product_id))


@post("/merchant/{shop_id:int}/products/{product_id:int}", guards=[MERCHANT], status_code=200)
async def save_product(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Save the editor. When somebody else saved first, both texts are shown and nothing is lost."""
    ids = ShopId(shop_id), ProductId(product_id)
    rows, do = rows_of_form(data), data.get("do", "save")
    if changed := _changed_rows(rows, do):
        return await _edit_page(request, database, person, *ids, form=_typed(data), rows=changed)
    try:
        async with database.writing() as writer:
            saved = await edit_product(writer, person, *ids, read_edit(data))
            if do == "submit" and _waits_for_submission(saved):
                saved = await submit_product(writer, person, *ids)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _edit_page(
            request,
            database,
            person,
            *ids,
            form=refused_form(refusal, data, locale_of(request)),
            rows=rows,
            stale=isinstance(refusal, ProductStale),
            status=status_of(refusal),
        )
    return _after_saving(saved, submitted=do == "submit")


@post("/merchant/{shop_id:int}/products/{product_id:int}/{move:str}", guards=[MERCHANT])
async def move_product(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    move: FromPath[str],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Put on sale, put off sale, or drop the draft."""
    if move not in _MOVES:
        raise NotFound
    back = f"/merchant/{shop_id}/products/{product_id}"
    try:
        async with database.writing() as writer:
            await _MOVES[move](writer, person, ShopId(shop_id), ProductId(product_id))
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error", values=refusal.values)
    return go_to(back, flash=_MOVED[move])


@get("/merchant/{shop_id:int}/products/{product_id:int}/retire", guards=[MERCHANT])
async def retire_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The question before a product is retired for good."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        detail = await product_detail(reader, shop.shop_id, ProductId(product_id))
    return page(request, "merchant/retire.html", console_context(request, shop, "products") | {"detail": detail})


@post("/merchant/{shop_id:int}/products/{product_id:int}/retire", guards=[MERCHANT])
async def retire(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Retire a product."""
    try:
        async with database.writing() as writer:
            retired = await retire_product(writer, person, ShopId(shop_id), ProductId(product_id))
    except Conflict as refusal:
        return go_to(
            f"/merchant/{shop_id}/products/{product_id}",
            flash=refusal.message,
            kind="error",
            values=refusal.values,
        )
    return go_to(shop_path(retired.shop, "/products"), flash=N_("The product is retired."))


def _changed_rows(rows: list[SkuRow], do: str) -> list[SkuRow] | None:
    """The SKU rows after a row button, None for the other buttons."""
    if do == "add_row":
        return with_row(rows)
    name, _, number = do.partition(":")
    if name == "remove_row" and number.isdecimal():
        return without_row(rows, int(number))
    return None


def _typed(data: dict[str, str]) -> Form:
    return {"values": data, "errors": {}}


def _waits_for_submission(detail: ProductDetail) -> bool:
    return detail.product.draft_status is DraftStatus.EDITING or detail.product.review_status in {
        ReviewStatus.UNREVIEWED,
        ReviewStatus.REJECTED,
    }


def _after_saving(detail: ProductDetail, *, submitted: bool) -> Redirect:
    back = shop_path(detail.shop, f"/products/{detail.product.product_id}")
    if submitted and detail.review_problems:
        return go_to(back, flash=N_("Saved, but the automatic review found something. See below."), kind="warning")
    if submitted and detail.product.sale_status is SaleStatus.OFF_SALE:
        return go_to(back, flash=N_("Saved and approved. The product can be put on sale now."))
    if submitted:
        return go_to(back, flash=N_("Saved and approved. Buyers see the new text from now on."))
    if detail.draft is not None:
        return go_to(
            back,
            flash=N_("Saved. Prices and SKUs apply at once; the text is a draft until you submit it."),
            kind="info",
        )
    return go_to(back, flash=N_("Saved."))


async def _new_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    form: Form | None,
    rows: list[SkuRow],
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        categories = await category_tree(reader)
    context = _editor_context(request, shop, categories, form or {"values": {}, "errors": {}}, rows)
    context |= {"detail": None, "request_key": (form or {}).get("values", {}).get("request_key")}
    context["request_key"] = context["request_key"] or fresh_request_key()
    return page(request, "merchant/product.html", context, status=status)


async def _edit_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    product_id: ProductId,
    *,
    form: Form | None = None,
    rows: list[SkuRow] | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        detail = await product_detail(reader, shop_id, product_id)
        categories = await category_tree(reader)
    locale = locale_of(request)
    # Whoever was shown both texts and saves again has decided; a form that was not refused as stale keeps the
    # version that it was opened with.
    version = detail.product.version if form is None or stale else form["values"].get("version", "0")
    context = _editor_context(
        request,
        shop,
        categories,
        form or {"values": values_of_product(detail), "errors": {}},
        rows if rows is not None else rows_of_product(detail),
    )
    context |= {
        "detail": detail,
        "version": version,
        "stale": stale,
        "stocks": {str(sku.sku_id): sku for sku in detail.skus},
        "review_problems": [review_problem_text(problem, locale) for problem in detail.review_problems],
        "waits": _waits_for_submission(detail),
    }
    return page(request, "merchant/product.html", context, status=status)


def _editor_context(
    request: AnyRequest, shop: Shop, categories: list[Category], form: Form, rows: list[SkuRow]
) -> dict[str, object]:
    options = category_options(categories, locale_of(request), leaves_only=True)
    chosen = form["values"].get("category_code", "")
    if chosen and chosen not in {code for code, _ in options}:
        # A category that has got narrower ones since: it stays visible until another is chosen.
        options += [option for option in category_options(categories, locale_of(request), leaves_only=False)
                    if option[0] == chosen]  # fmt: skip
    return console_context(request, shop, "products") | {
        "form": form,
        "rows": rows,
        "category_options": options,
    }


ROUTES = (
    products_page,
    new_product_page,
    make_product,
    product_page,
    save_product,
    retire_page,
    retire,
    move_product,
)
