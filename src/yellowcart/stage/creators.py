"""Who somebody is on the stage: their creator profile, made once, changed at will."""

from collections.abc import Collection

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import CreatorId, ShopId, new_id
from yellowcart.stage.errors import NotACreator, ProfileExists
from yellowcart.stage.model import Creator, CreatorKind
from yellowcart.stage.rules import NewProfile, profile_problems
from yellowcart.stage.store import lock_creator


async def creator_of(reader: Reader, person: Person) -> Creator:
    """The creator that the person is. Raises NotACreator."""
    found = await find_creator(reader, person)
    if found is None:
        raise NotACreator
    return found


async def find_creator(reader: Reader, person: Person) -> Creator | None:
    """The creator that the person is, or None."""
    return await reader.row(
        Creator,
        "SELECT * FROM creator WHERE person_id = %(person_id)s",
        person_id=person.person_id,
    )


async def create_profile(
    writer: Writer, person: Person, profile: NewProfile, *, shop_id: ShopId | None = None
) -> Creator:
    """Make the person's creator profile. With a shop, which the person must work for, it is that shop's own
    account (self-broadcast). Raises InvalidFields, NotFound, ProfileExists."""
    if problems := profile_problems(profile):
        raise InvalidFields(problems)
    if shop_id is not None:
        await require_member(writer, person, shop_id)
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO creator (creator_id, person_id, name, name_en, kind, shop_id, bio, bio_en, region,
                                     created_at)
                VALUES (%(creator_id)s, %(person_id)s, %(name)s, %(name_en)s, %(kind)s, %(shop_id)s, %(bio)s,
                        %(bio_en)s, %(region)s, %(now)s)
                """,
                creator_id=new_id(CreatorId),
                person_id=person.person_id,
                kind=(CreatorKind.CREATOR if shop_id is None else CreatorKind.SHOP_ACCOUNT).value,
                shop_id=shop_id,
                now=clock.now(),
                **profile.values(),
            )
    except UniqueViolation as error:
        raise ProfileExists from error
    creator = await creator_of(writer, person)
    await audit.record(
        writer, person, "stage:creator:create", f"creator:{creator.creator_id}", after=profile.values()
    )
    return creator


async def update_profile(writer: Writer, person: Person, profile: NewProfile) -> Creator:
    """Change the name and the words of the person's profile. Raises InvalidFields, NotACreator."""
    if problems := profile_problems(profile):
        raise InvalidFields(problems)
    before = await lock_creator(writer, person)
    await writer.run(
        """
        UPDATE creator
        SET name = %(name)s, name_en = %(name_en)s, bio = %(bio)s, bio_en = %(bio_en)s, region = %(region)s
        WHERE creator_id = %(creator_id)s
        """,
        creator_id=before.creator_id,
        **profile.values(),
    )
    await audit.record(
        writer,
        person,
        "stage:creator:update",
        f"creator:{before.creator_id}",
        before={"name": before.name, "bio": before.bio},
        after=profile.values(),
    )
    return await creator_of(writer, person)


async def names_of_creators(
    reader: Reader, creator_ids: Collection[CreatorId]
) -> dict[CreatorId, tuple[str, str]]:
    """Chinese and English names by id; ids that nobody has are left out."""
    rows = await reader.rows(
        _Named,
        "SELECT creator_id, name, name_en FROM creator WHERE creator_id = ANY(%(ids)s)",
        ids=list(creator_ids),
    )
    return {row.creator_id: (row.name, row.name_en) for row in rows}


class _Named(msgspec.Struct, frozen=True):
    creator_id: CreatorId
    name: str
    name_en: str
