"""A creator's outside products beside the platform's own that are the same thing: look, replace, put back."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.carts import read_whole_id
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import ListingId, ProductId, ShopId
from yellowcart.kernel.translation import N_, Locale
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import Creator
from yellowcart.stage.replace import Replacement, outside_goods, put_back, replace_by_twin
from yellowcart.stage.twin_queries import OutsideGoods, outside_counts, outside_goods_of_creator
from yellowcart.stage.twin_wording import outcome_text, reason_text, score_text
from yellowcart.stage.twins import dismiss_twin

CREATOR = allow(Role.CREATOR)
PICKS_MAX = 20
"""Outside products that one press replaces."""
SHOWN = {"with": True, "without": False}


class Pick(msgspec.Struct, frozen=True):
    """An outside listing and the product that shall take its place, as pages write it: `listing-shop-product`."""

    listing_id: ListingId
    shop_id: ShopId
    product_id: ProductId

    @property
    def text(self) -> str:
        """As a form carries it."""
        return f"{self.listing_id}-{self.shop_id}-{self.product_id}"


@get("/twins", guards=[CREATOR])
async def twins_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    listing: FromQuery[str] = "",
    notice: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """Every outside product with its best twin, filtered by what the address says."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        counts = await outside_counts(
            reader, creator.creator_id, notice=notice if notice and notice.isprintable() else None
        )
        found = await outside_goods_of_creator(
            reader,
            creator.creator_id,
            has_twin=SHOWN.get(show),
            listing_id=ListingId(read_whole_id(listing)) if listing else None,
            notice=notice if notice and notice.isprintable() else None,
            cursor=cursor or None,
        )
    context = {"goods": found, "counts": counts, "words": _words(found.items, locale_of(request))}
    return creator_page(request, creator, "twins", "creator/twins.html", context)


@get("/twins/replace", guards=[CREATOR])
async def confirm_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    picks: Annotated[list[str] | None, QueryParameter(name="pick")] = None,
) -> Response[str] | Redirect:
    """What will be replaced by what, before it is done."""
    chosen = _picks(picks or [])
    if not chosen:
        return go_to("/creator/twins", flash=N_("Choose at least one product first."), kind="warning")
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        goods = await _goods(reader, creator, chosen)
    rows = [(pick, goods[pick]) for pick in chosen if pick in goods]
    context = {
        "rows": rows,
        "carts": sum(each.replaceable for _, each in rows),
        "words": _words([each for _, each in rows], locale_of(request)),
    }
    return creator_page(request, creator, "twins", "creator/twins_confirm.html", context)


@post("/twins/replace", guards=[CREATOR], status_code=200)
async def replace(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Replace what was chosen, each product in a transaction of its own, and show what became of each cart."""
    return await _change(request, data, database, person, back=False)


@post("/twins/put-back", guards=[CREATOR], status_code=200)
async def undo(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Put outside products back where their twins stand in their place."""
    return await _change(request, data, database, person, back=True)


@post("/twins/dismiss", guards=[CREATOR])
async def dismiss(
    data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """A product is not the same thing: do not show it to this creator again."""
    chosen = _picks([data.get("pick", "")])
    if not chosen:
        raise NotFound
    async with database.writing() as writer:
        creator = await creator_of(writer, person)
        source, key = await outside_goods(writer, creator.creator_id, chosen[0].listing_id)
        await dismiss_twin(writer, person, source, key, chosen[0].shop_id, chosen[0].product_id)
    return go_to(
        "/creator/twins", flash=N_("Thank you. This product is not shown to you as the same thing again.")
    )


async def _change(
    request: AnyRequest, data: Mapping[str, str], database: Database, person: Person, *, back: bool
) -> Response[str] | Redirect:
    chosen = _picks([value for name, value in sorted(data.items()) if name.startswith("pick")])
    if not chosen:
        return go_to("/creator/twins", flash=N_("Choose at least one product first."), kind="warning")
    locale = locale_of(request)
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        goods = await _goods(reader, creator, chosen)
    results = []
    for pick in chosen:
        done, problem = await _change_one(database, person, pick, locale, back=back)
        results.append(
            {
                "pick": pick,
                "goods": goods.get(pick),
                "replacement": done,
                "problem": problem,
                "texts": [outcome_text(cart.outcome, locale, back=back) for cart in done.carts] if done else [],
            }
        )
    context = {"results": results, "back": back, "done": sum(_done(each["replacement"]) for each in results)}
    return creator_page(request, creator, "twins", "creator/twins_done.html", context)


async def _change_one(
    database: Database, person: Person, pick: Pick, locale: Locale, *, back: bool
) -> tuple[Replacement | None, str]:
    verb = put_back if back else replace_by_twin
    try:
        async with database.writing() as writer:
            return await verb(writer, person, pick.listing_id, pick.shop_id, pick.product_id), ""
    except Refusal as refusal:
        return None, refusal.text(locale)


def _done(replacement: object) -> int:
    return replacement.done if isinstance(replacement, Replacement) else 0


def _picks(texts: Sequence[str]) -> list[Pick]:
    """Choices out of a form or an address. Raises NotFound for what is none."""
    found = []
    for text in list(dict.fromkeys(text for text in texts if text))[:PICKS_MAX]:
        parts = [read_whole_id(part) for part in text.split("-")]
        if len(parts) != 3:
            raise NotFound
        found.append(Pick(ListingId(parts[0]), ShopId(parts[1]), ProductId(parts[2])))
    return found


async def _goods(reader: Reader, creator: Creator, chosen: Sequence[Pick]) -> dict[Pick, OutsideGoods]:
    goods = {}
    for pick in chosen:
        page = await outside_goods_of_creator(reader, creator.creator_id, listing_id=pick.listing_id, size=1)
        if page.items:
            goods[pick] = page.items[0]
    return goods


def _words(goods: Sequence[OutsideGoods], locale: Locale) -> dict[int, dict[str, object]]:
    """How sure each twin is, and why, by the listing of its outside product."""
    return {
        each.listing_id: {
            "score": score_text(each.twin.score_basis_points, locale),
            "reasons": [reason_text(reason, locale) for reason in each.twin.reasons],
            "pick": Pick(each.listing_id, each.twin.shop_id, each.twin.product_id).text,
        }
        for each in goods
        if each.twin is not None
    }
