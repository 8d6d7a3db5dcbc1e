"""Opening a shop, its settings, who works for it, closing and reopening it."""

from datetime import datetime

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.register import grant
from yellowcart.catalog.changes import PRODUCT_CHANGED
from yellowcart.catalog.errors import LastMember, MembersTooMany, ShopsTooMany
from yellowcart.catalog.events import ShopClosed, ShopReopened
from yellowcart.catalog.model import NewShop, Shop, ShopState
from yellowcart.catalog.rules import MEMBERS_MAX, SHOPS_PER_PERSON_MAX, shop_problems
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import PersonId, ShopId, new_id
from yellowcart.kernel.translation import N_

_COLUMNS = "shop.shop_id, shop.name, shop.name_en, shop.kind, shop.state, shop.region, shop.description"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works for a shop."""

    person_id: PersonId
    login: str
    name: str
    joined_at: datetime


async def require_member(reader: Reader, person: Person, shop_id: ShopId) -> Shop:
    """The shop, if the person works for it. Raises NotFound otherwise: another's shop does not exist."""
    shop = await reader.row(
        Shop,
        f"""
        SELECT {_COLUMNS} FROM shop JOIN shop_member USING (shop_id)
        WHERE shop.shop_id = %(shop_id)s AND shop_member.person_id = %(person_id)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        person_id=person.person_id,
    )
    if shop is None:
        raise NotFound
    return shop


async def shops_of(reader: Reader, person: Person) -> list[Shop]:
    """The shops that the person works for, oldest first."""
    return await reader.rows(
        Shop,
        f"""
        SELECT {_COLUMNS} FROM shop JOIN shop_member USING (shop_id)
        WHERE shop_member.person_id = %(person_id)s
        ORDER BY shop.shop_id
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        person_id=person.person_id,
        most=SHOPS_PER_PERSON_MAX * 5,
    )


async def open_shop(writer: Writer, person: Person, new_shop: NewShop) -> Shop:
    """Open a shop with the person as its first member, who becomes a merchant by it. Raises InvalidFields,
    ShopsTooMany."""
    new_shop = _trimmed(new_shop)
    if problems := shop_problems(new_shop):
        raise InvalidFields(problems)
    await writer.run("SELECT FROM person WHERE person_id = %(person_id)s FOR UPDATE", person_id=person.person_id)
    if len(await shops_of(writer, person)) >= SHOPS_PER_PERSON_MAX:
        raise ShopsTooMany(most=SHOPS_PER_PERSON_MAX)
    shop = Shop(
        shop_id=new_id(ShopId),
        name=new_shop.name,
        name_en=new_shop.name_en,
        kind=new_shop.kind,
        state=ShopState.OPEN,
        region=new_shop.region,
        description=new_shop.description,
    )
    await writer.run(
        """
        INSERT INTO shop (shop_id, name, name_en, kind, state, region, description, created_at)
        VALUES (%(shop_id)s, %(name)s, %(name_en)s, %(kind)s, %(state)s, %(region)s, %(description)s, %(now)s)
        """,
        now=clock.now(),
        **msgspec.structs.asdict(shop),
    )
    await _join(writer, shop.shop_id, person.person_id)
    if not person.has(Role.MERCHANT):
        await grant(writer, person, person.person_id, Role.MERCHANT)
    await audit.record(writer, person, "catalog:shop:open", f"shop:{shop.shop_id}", after=shop)
    return shop


async def change_shop(writer: Writer, person: Person, shop_id: ShopId, settings: NewShop) -> Shop:
    """Give a shop other settings. Raises NotFound, InvalidFields."""
    settings = _trimmed(settings)
    shop = await _require_locked(writer, person, shop_id)
    if problems := shop_problems(settings):
        raise InvalidFields(problems)
    changed = msgspec.structs.replace(shop, **msgspec.structs.asdict(settings))
    if changed == shop:
        return shop
    await writer.run(
        """
        UPDATE shop
        SET name = %(name)s, name_en = %(name_en)s, kind = %(kind)s, region = %(region)s,
            description = %(description)s
        WHERE shop_id = %(shop_id)s
        """,
        shop_id=shop_id,
        **msgspec.structs.asdict(settings),
    )
    await audit.record(writer, person, "catalog:shop:change", f"shop:{shop_id}", before=shop, after=changed)
    return changed


async def close_shop(writer: Writer, person: Person, shop_id: ShopId) -> Shop:
    """Stop trading: nothing of the shop can be listed or bought, open orders go on. Closing a closed shop is
    no error. Raises NotFound."""
    return await _trade(writer, person, shop_id, ShopState.CLOSED)


async def reopen_shop(writer: Writer, person: Person, shop_id: ShopId) -> Shop:
    """Trade again. What left its carts stays out until a creator puts it back. Raises NotFound."""
    return await _trade(writer, person, shop_id, ShopState.OPEN)


async def members_of(reader: Reader, shop_id: ShopId) -> list[Member]:
    """Who works for the shop, longest first. The caller has asked `require_member`."""
    return await reader.rows(
        Member,
        """
        SELECT person.person_id, person.login, person.name, shop_member.joined_at
        FROM shop_member JOIN person USING (person_id)
        WHERE shop_member.shop_id = %(shop_id)s
        ORDER BY shop_member.joined_at, person.person_id
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        most=MEMBERS_MAX,
    )


async def add_member(writer: Writer, person: Person, shop_id: ShopId, login: str) -> None:
    """Let somebody work for the shop; they become a merchant by it. Adding a member again is no error.
    Raises NotFound, InvalidFields for an unknown login name, MembersTooMany, DutiesMixed."""
    await _require_locked(writer, person, shop_id)
    found = await writer.row(
        _Found,
        """
        SELECT person_id,
               EXISTS (SELECT FROM person_role
                       WHERE person_role.person_id = person.person_id AND role = 'merchant') AS is_merchant
        FROM person WHERE login = %(login)s AND state = 'active'
        """,
        login=login.strip().lower()[:80].replace("\0", ""),
    )
    if found is None:
        raise InvalidFields({"login": N_("Nobody has this login name.")})
    if len(await members_of(writer, shop_id)) >= MEMBERS_MAX:
        raise MembersTooMany(most=MEMBERS_MAX)
    if await _join(writer, shop_id, found.person_id):
        if not found.is_merchant:
            await grant(writer, person, found.person_id, Role.MERCHANT)
        await audit.record(
            writer, person, "catalog:member:add", f"shop:{shop_id}", after={"person_id": found.person_id}
        )


async def remove_member(writer: Writer, person: Person, shop_id: ShopId, person_id: PersonId) -> None:
    """Take somebody out of the shop. Raises NotFound, LastMember."""
    await _require_locked(writer, person, shop_id)
    members = await members_of(writer, shop_id)
    if all(member.person_id != person_id for member in members):
        raise NotFound
    if len(members) == 1:
        raise LastMember
    await writer.run(
        "DELETE FROM shop_member WHERE shop_id = %(shop_id)s AND person_id = %(person_id)s",
        shop_id=shop_id,
        person_id=person_id,
    )
    await audit.record(writer, person, "catalog:member:remove", f"shop:{shop_id}", before={"person_id": person_id})


class _Found(msgspec.Struct, frozen=True):
    person_id: PersonId
    is_merchant: bool


def _trimmed(shop: NewShop) -> NewShop:
    return msgspec.structs.replace(
        shop,
        name=shop.name.strip(),
        name_en=shop.name_en.strip(),
        region=shop.region.strip(),
        description=shop.description.strip().replace("\r\n", "\n"),
    )


async def _require_locked(writer: Writer, person: Person, shop_id: ShopId) -> Shop:
    await writer.run("SELECT FROM shop WHERE shop_id = %(shop_id)s FOR UPDATE", shop_id=shop_id)
    return await require_member(writer, person, shop_id)


async def _join(writer: Writer, shop_id: ShopId, person_id: PersonId) -> bool:
    joined = await writer.run(
        """
        INSERT INTO shop_member (shop_id, person_id, joined_at) VALUES (%(shop_id)s, %(person_id)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        shop_id=shop_id,
        person_id=person_id,
        now=clock.now(),
    )
    return joined == 1


async def _trade(writer: Writer, person: Person, shop_id: ShopId, state: ShopState) -> Shop:
    shop = await _require_locked(writer, person, shop_id)
    if shop.state is state:
        return shop
    await writer.run(
        "UPDATE shop SET state = %(state)s WHERE shop_id = %(shop_id)s", state=state.value, shop_id=shop_id
    )
    closing = state is ShopState.CLOSED
    await audit.record(
        writer,
        person,
        "catalog:shop:close" if closing else "catalog:shop:reopen",
        f"shop:{shop_id}",
        before={"state": shop.state},
        after={"state": state},
    )
    await publish(
        writer, ShopClosed(shop_id=shop_id) if closing else ShopReopened(shop_id=shop_id), shop_id=shop_id
    )
    # Every process that keeps one of the shop's products in memory reads it again, in one statement.
    await writer.run(
        """
        SELECT pg_notify(%(channel)s, shop_id || ':' || product_id) FROM product
        WHERE shop_id = %(shop_id)s AND sale_status = 'on_sale'
        """,
        channel=PRODUCT_CHANGED,
        shop_id=shop_id,
    )
    return msgspec.structs.replace(shop, state=state)
