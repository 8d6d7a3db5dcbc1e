"""The address book in the database: one default, nothing twice, what is removed can come back for a while."""

import asyncio
from datetime import timedelta

import msgspec
import psycopg
import pytest

from tests.conftest import sign_in_as
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.translation import Locale
from yellowcart.orders.addresses import (
    ADDRESSES_MAX,
    LABEL_LENGTH_MAX,
    UNDO_FOR,
    AddressEntry,
    KnownAddress,
    add_address,
    addresses_of,
    change_address,
    delete_forgotten_addresses,
    forget_address,
    last_forgotten,
    make_default,
    remember_address,
    restore_address,
)
from yellowcart.orders.errors import AddressesTooMany, AddressUnknown
from yellowcart.orders.model import DeliveryAddress

HOME = AddressEntry(
    recipient="林小满",
    phone="138 0013 8000",
    province="浙江省",
    city="杭州市",
    district="西湖区",
    street="文三路 1 号",
    label="家",
)


def other(number: int = 2, **changes: object) -> AddressEntry:
    """Another address of the same person."""
    return msgspec.structs.replace(HOME, street=f"文三路 {number} 号", label="", **changes)


async def add(database: Database, person_id: PersonId, entry: AddressEntry = HOME) -> KnownAddress:
    async with database.writing() as writer:
        return await add_address(writer, person_id, entry)


async def streets(database: Database, person_id: PersonId) -> list[tuple[str, bool]]:
    """The book's streets in order, each with whether it is the default."""
    async with database.reading() as reader:
        return [(each.address.street, each.is_default) for each in await addresses_of(reader, person_id)]


async def new_buyer(database: Database) -> PersonId:
    return (await sign_in_as(database)).person.person_id


async def test_an_address_is_kept_with_its_district_code_and_its_phone_in_one_form(database: Database) -> None:
    kept = await add(database, await new_buyer(database))
    assert kept.address.district_code == "330106"
    assert kept.address.phone == "13800138000"
    assert (kept.label, kept.is_default, kept.is_complete) == ("家", True, True)


async def test_one_address_is_the_default_and_comes_first(database: Database, still_clock: clock.Clock) -> None:
    buyer = await new_buyer(database)
    first = await add(database, buyer)
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    await add(database, buyer, other())
    assert await streets(database, buyer) == [("文三路 1 号", True), ("文三路 2 号", False)]
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    third = await add(database, buyer, other(3, is_default=True))
    assert await streets(database, buyer) == [
        ("文三路 3 号", True),
        ("文三路 2 号", False),
        ("文三路 1 号", False),
    ]
    async with database.writing() as writer:
        await make_default(writer, buyer, first.address_id)
        assert (await addresses_of(writer, buyer))[0].address == first.address
    assert (await streets(database, buyer))[1] == (third.address.street, False)


async def test_the_same_address_again_is_not_kept_twice_but_gets_its_label(database: Database) -> None:
    buyer = await new_buyer(database)
    first = await add(database, buyer)
    again = await add(database, buyer, msgspec.structs.replace(HOME, phone="+86 13800138000", label="老家"))
    assert again.address_id == first.address_id
    assert (again.label, again.is_default) == ("老家", True)
    assert len(await streets(database, buyer)) == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"recipient": ""}, {"recipient"}),
        ({"recipient": "名" * 61}, {"recipient"}),
        ({"recipient": "a\nb"}, {"recipient"}),
        ({"street": "  "}, {"street"}),
        ({"street": "路" * 201}, {"street"}),
        ({"phone": "call me"}, {"phone"}),
        ({"label": "x" * 21}, {"label"}),
        ({"district": "朝阳区"}, {"district"}),
        ({"province": "", "city": "", "district": ""}, {"district"}),
        (
            {"recipient": "", "phone": "1", "street": "", "district": "?"},
            {"recipient", "phone", "street", "district"},
        ),
    ],
)
async def test_every_wrong_field_is_named_at_once(
    database: Database, changes: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(InvalidFields) as refused:
        await add(database, await new_buyer(database), msgspec.structs.replace(HOME, **changes))
    assert set(refused.value.problems) == fields
    for locale in Locale:
        assert all(text and "%(" not in text for text in refused.value.fields(locale).values())


async def test_a_label_is_as_long_as_the_form_and_the_table_allow(database: Database) -> None:
    buyer = await new_buyer(database)
    kept = await add(database, buyer, msgspec.structs.replace(HOME, label=f"  {'家' * LABEL_LENGTH_MAX}  "))
    assert kept.label == "家" * LABEL_LENGTH_MAX
    with pytest.raises(psycopg.errors.CheckViolation, match="buyer_address_label_check"):
        async with database.writing() as writer:
            await writer.run(
                "UPDATE buyer_address SET label = label || '家' WHERE person_id = %(buyer)s", buyer=buyer
            )


async def test_a_misspelt_district_is_answered_with_the_nearest_one(database: Database) -> None:
    with pytest.raises(InvalidFields) as refused:
        await add(database, await new_buyer(database), msgspec.structs.replace(HOME, city="杭州", district="西湖"))
    assert "浙江省 杭州市 西湖区" in refused.value.fields(Locale.CHINESE)["district"]


async def test_changing_one_keeps_its_place_and_refuses_what_is_not_there(database: Database) -> None:
    buyer, stranger = await new_buyer(database), await new_buyer(database)
    kept = await add(database, buyer)
    async with database.writing() as writer:
        changed = await change_address(writer, buyer, kept.address_id, other(9))
        assert (changed.address.street, changed.is_default) == ("文三路 9 号", True)
        for person_id, address_id in ((stranger, kept.address_id), (buyer, 1), (buyer, 10**15)):
            with pytest.raises(AddressUnknown):
                await change_address(writer, person_id, address_id, HOME)
            with pytest.raises(AddressUnknown):
                await make_default(writer, person_id, address_id)
            with pytest.raises(AddressUnknown):
                await restore_address(writer, person_id, address_id)
        await forget_address(writer, stranger, kept.address_id)
    assert len(await streets(database, buyer)) == 1


async def test_a_removed_address_comes_back_until_it_is_deleted(
    database: Database, still_clock: clock.Clock
) -> None:
    buyer = await new_buyer(database)
    kept = await add(database, buyer)
    async with database.writing() as writer:
        await forget_address(writer, buyer, kept.address_id)
        await forget_address(writer, buyer, kept.address_id)
        assert await addresses_of(writer, buyer) == []
        assert await last_forgotten(writer, buyer) == kept
    still_clock.freeze(clock.now() + UNDO_FOR - timedelta(seconds=1))
    assert await delete_forgotten_addresses(database) == 0
    async with database.writing() as writer:
        assert await restore_address(writer, buyer, kept.address_id) == kept
        assert await restore_address(writer, buyer, kept.address_id) == kept
        await forget_address(writer, buyer, kept.address_id)
    still_clock.freeze(clock.now() + UNDO_FOR)
    async with database.writing() as writer:
        assert await last_forgotten(writer, buyer) is None
        with pytest.raises(AddressUnknown):
            await restore_address(writer, buyer, kept.address_id)
    assert await delete_forgotten_addresses(database) == 1
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM buyer_address") == 0


async def test_what_comes_back_is_not_a_second_default(database: Database) -> None:
    buyer = await new_buyer(database)
    first = await add(database, buyer)
    async with database.writing() as writer:
        await forget_address(writer, buyer, first.address_id)
    await add(database, buyer, other())
    async with database.writing() as writer:
        await restore_address(writer, buyer, first.address_id)
    assert sorted(await streets(database, buyer)) == [("文三路 1 号", False), ("文三路 2 号", True)]


async def test_a_full_book_says_so_and_an_order_replaces_only_what_nobody_marked(
    database: Database, still_clock: clock.Clock
) -> None:
    buyer = await new_buyer(database)
    for number in range(1, ADDRESSES_MAX + 1):
        still_clock.freeze(clock.now() + timedelta(minutes=1))
        await add(
            database, buyer, other(number) if number > 2 else msgspec.structs.replace(other(number), label="x")
        )
    with pytest.raises(AddressesTooMany):
        await add(database, buyer, other(100))
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    bought = DeliveryAddress(
        recipient="林小满",
        phone="13800138000",
        province="北京市",
        city="市辖区",
        district="朝阳区",
        street="建国路 1 号",
    )
    async with database.writing() as writer:
        await remember_address(writer, buyer, bought)
        known = await addresses_of(writer, buyer)
    assert len(known) == ADDRESSES_MAX
    kept = {each.address.street for each in known}
    assert "建国路 1 号" in kept
    assert {"文三路 1 号", "文三路 2 号"} <= kept
    assert "文三路 3 号" not in kept
    assert next(each for each in known if each.address.street == "建国路 1 号").is_complete


async def test_an_old_address_without_a_code_goes_on_showing_and_is_incomplete(database: Database) -> None:
    buyer = await new_buyer(database)
    old = {
        "recipient": "外婆",
        "phone": "13800138001",
        "province": "浙江",
        "city": "杭州",
        "district": "下城区",
        "street": "中山北路 12 号",
    }
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO buyer_address (person_id, address_id, address, used_at)
            VALUES (%(person_id)s, 1, %(address)s, %(now)s)
            """,
            person_id=buyer,
            address=json_value(old),
            now=clock.now(),
        )
        (known,) = await addresses_of(writer, buyer)
        assert not known.is_complete
        assert known.address == DeliveryAddress(**old)
        await remember_address(writer, buyer, DeliveryAddress(**old))
        assert len(await addresses_of(writer, buyer)) == 1
        named = msgspec.structs.replace(HOME, street=old["street"], district="拱墅区")
        completed = await change_address(writer, buyer, 1, named)
    assert completed.is_complete


async def test_two_tabs_that_choose_a_default_leave_one(database: Database) -> None:
    buyer = await new_buyer(database)
    added = [await add(database, buyer, other(number)) for number in range(1, 5)]

    async def choose(address_id: int) -> None:
        async with database.writing() as writer:
            await make_default(writer, buyer, address_id)

    await asyncio.gather(*(choose(each.address_id) for each in added))
    assert [is_default for _, is_default in await streets(database, buyer)] == [True, False, False, False]


async def test_the_table_refuses_a_second_default(database: Database) -> None:
    buyer = await new_buyer(database)
    await add(database, buyer)
    await add(database, buyer, other())
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with database.writing() as writer:
            await writer.run("UPDATE buyer_address SET is_default = true")
