"""Who brings goods into which shop, as a command line names them: no session says so there."""

from yellowcart.accounts.model import Person, PersonState
from yellowcart.accounts.people import read_person
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.imports.errors import ShopAmbiguous, ShopUnknown, ShopWithoutMember
from yellowcart.catalog.shops import members_of
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ShopId


async def choose_shop(reader: Reader, named: str) -> ShopId:
    """The shop of an id or of an exact name, in either language. Raises ShopUnknown, ShopAmbiguous."""
    named = named.strip()
    found = await reader.column(
        """
        SELECT shop_id FROM shop
        WHERE shop_id::text = %(named)s OR name = %(named)s OR name_en = %(named)s
        ORDER BY shop_id::text = %(named)s DESC, shop_id
        LIMIT 2
        """,
        named=named.replace("\0", ""),
    )
    if not found:
        raise ShopUnknown(named=named)
    if len(found) > 1 and str(found[0]) != named:
        raise ShopAmbiguous(named=named)
    return ShopId(found[0])


async def choose_member(reader: Reader, shop_id: ShopId, login: str | None) -> Person:
    """Who acts: the member with this login name, or the first one who may sign in. Raises ShopWithoutMember."""
    for member in await members_of(reader, shop_id):
        if login is None or member.login == login.strip().lower():
            card = await read_person(reader, member.person_id)
            if card.state is PersonState.ACTIVE:
                return Person(
                    person_id=card.person_id, login=card.login, name=card.name, roles=frozenset(card.roles)
                )
    raise ShopWithoutMember(login=login or "–")


async def usual_category(reader: Reader, shop_id: ShopId) -> str:
    """The lowest category in which the shop has most products; the first of the tree for a shop without any."""
    tree = await category_tree(reader)
    parents = {category.parent_id for category in tree}
    leaves = {category.category_id: category.code for category in tree if category.category_id not in parents}
    usual = await reader.value(
        """
        SELECT category_id FROM product
        WHERE shop_id = %(shop_id)s AND sale_status <> 'retired' AND category_id = ANY(%(leaves)s)
        GROUP BY category_id
        ORDER BY count(*) DESC, category_id
        LIMIT 1
        """,
        shop_id=shop_id,
        leaves=list(leaves),
    )
    return leaves.get(usual) or next(iter(leaves.values()), "")
