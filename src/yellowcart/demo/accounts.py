"""Who can sign in to the demo world: the accounts a newcomer is offered, and everybody else who acts in it."""

from collections.abc import Iterator
from functools import cache

import msgspec

from yellowcart.accounts.model import Role
from yellowcart.demo.model import Text
from yellowcart.demo.world_file import World, load_world, world_names
from yellowcart.kernel.settings import Settings

PASSWORD = "yellowcart"  # noqa: S105 - shown on the login page of the demo, on purpose
"""The one password of every account of the demo world."""

GUESTS = 240
"""Buyers of the past, beside the crowd: they have orders, and nobody signs in as them."""


class UnknownWorld(Exception):
    """There is no demo world of that name; the message says which there are, in both languages."""

    def __init__(self, name: str) -> None:
        names = ", ".join(world_names())
        super().__init__(f"没有名为 {name!r} 的演示世界 · There is no demo world {name!r}: {names}")


class DemoAccount(msgspec.Struct, frozen=True):
    """An account that a newcomer is offered."""

    role: Role
    login: str
    password: str
    name: Text


class Part(msgspec.Struct, frozen=True):
    """Somebody of the demo world: a login, a name, what they may do, and as whom."""

    login: str
    name: str
    roles: tuple[Role, ...]
    creator: str | None = None
    merchant: str | None = None


@cache
def demo_world(name: str = Settings.world) -> World:
    """A world that the demo can show, read once. Raises UnknownWorld."""
    if name not in world_names():
        raise UnknownWorld(name)
    return load_world(name)


def demo_accounts(world: World) -> list[DemoAccount]:
    """The accounts that a newcomer is offered, by role in the order of the four stories."""
    order = (
        Role.BUYER,
        Role.CREATOR,
        Role.MERCHANT,
        Role.CARRIER,
        Role.OPERATOR,
        Role.RECRUITER,
        Role.INSPECTOR,
    )
    offered = [
        DemoAccount(Role(account.roles[0].value), account.login, PASSWORD, account.name)
        for account in world.accounts
    ]
    return sorted(offered, key=lambda account: order.index(account.role))


def cast(world: World) -> Iterator[Part]:
    """Everybody with an account: the offered ones, then a person for every other creator and merchant, then
    the viewers of the crowd, then the guests of the past."""
    for account in world.accounts:
        yield Part(
            login=account.login,
            name=account.name.zh,
            roles=(Role.BUYER, *(Role(role.value) for role in account.roles if role.value != "buyer")),
            creator=account.creator,
            merchant=account.merchant,
        )
    played = {account.creator for account in world.accounts} | {account.merchant for account in world.accounts}
    for creator in world.creators:
        if creator.key not in played:
            yield Part(creator.key, creator.name.zh, (Role.BUYER, Role.CREATOR), creator=creator.key)
    for merchant in world.merchants:
        if merchant.key not in played:
            roles = (Role.BUYER, Role.MERCHANT)
            yield Part(f"{merchant.key}-shop", merchant.name.zh, roles, merchant=merchant.key)
    yield from viewers(world)


def viewers(world: World) -> list[Part]:
    """The crowd's accounts, one for each nickname."""
    return [
        Part(f"viewer_{number:02d}", nickname, (Role.BUYER,))
        for number, nickname in enumerate(world.audience.nicknames, start=1)
    ]


def guests(world: World) -> list[Part]:
    """Buyers of the past: a nickname with the town it shops from."""
    nicknames, places = world.audience.nicknames, world.audience.places
    return [
        Part(
            f"guest_{number:03d}",
            f"{places[number % len(places)].city.removesuffix('市')}{nicknames[number * 7 % len(nicknames)]}",
            (Role.BUYER,),
        )
        for number in range(1, GUESTS + 1)
    ]
