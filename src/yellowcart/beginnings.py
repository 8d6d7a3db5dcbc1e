"""What a new installation needs before anybody can work on it: sources, categories and a first operator.

The demo world brings all three; an installation for real gets them once, by `yellowcart begin`.
"""

from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.passwords import hash_password
from yellowcart.accounts.register import enroll
from yellowcart.accounts.rules import registration_problems
from yellowcart.catalog.categories import place_category
from yellowcart.demo.world_file import load_world
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import Conflict, InvalidFields
from yellowcart.kernel.translation import N_
from yellowcart.links.sources import place_known_sources

CATEGORIES_OF = "kuaishou_2022"
"""The world whose category tree a new installation begins with; it is data, and the platform's to change."""


class BegunAlready(Conflict):
    """There is an operator; from here on people are made and roles granted on the pages."""

    code = "begun_already"
    message = N_("This installation has an operator already. Grant further roles on the operator's pages.")


async def begin(database: Database, *, login: str, name: str, password: str) -> Person:
    """Place the known sources and the first categories, and make the first operator, all or nothing.

    Raises InvalidFields, LoginTaken, BegunAlready.
    """
    login = login.strip().lower()
    if problems := registration_problems(login, name, password):
        raise InvalidFields(dict(problems))
    password_hash = await hash_password(password)
    async with database.writing() as writer:
        await _require_beginning(writer)
        await place_known_sources(writer)
        for position, category in enumerate(load_world(CATEGORIES_OF).categories, start=1):
            await place_category(
                writer,
                code=category.key,
                name_zh=category.name.zh,
                name_en=category.name.en,
                position=position,
                parent_code=category.parent,
                return_rule=category.return_rule,
                confirm_days=category.confirm_days,
            )
        return await enroll(
            writer,
            login=login,
            name=name.strip(),
            password_hash=password_hash,
            roles={Role.BUYER, Role.OPERATOR},
        )


async def _require_beginning(writer: Writer) -> None:
    # One beginning at a time: two would each see no operator.
    await writer.run("LOCK TABLE person_role IN SHARE ROW EXCLUSIVE MODE")
    if await writer.value("SELECT true FROM person_role WHERE role = 'operator' LIMIT 1"):
        raise BegunAlready
