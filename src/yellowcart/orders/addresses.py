"""The buyer's address book: the default comes first at the next order, then the latest used.

Whom goods go to is nobody's business but the buyer's: changes of the book leave no line in the audit trail, and
an address that was forgotten can be brought back for `UNDO_FOR`, then it is deleted. Orders keep their own copy.
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from yellowcart.freight.districts import find_district, require_district
from yellowcart.freight.errors import DistrictUnknown, PhoneUnreadable
from yellowcart.freight.phones import read_phone
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import PersonId, new_id
from yellowcart.kernel.tasks import sweep
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import AddressesTooMany, AddressUnknown
from yellowcart.orders.model import DeliveryAddress

ADDRESSES_MAX = 20
"""Addresses in one person's book."""
LABEL_LENGTH_MAX = 20
RECIPIENT_LENGTH_MAX = 60
STREET_LENGTH_MAX = 200
UNDO_FOR = timedelta(minutes=30)
"""How long a forgotten address can be brought back; afterwards it is deleted."""
FORGOTTEN_AT_ONCE = 1_000

_COLUMNS = "address_id, address, label, is_default"


class KnownAddress(msgspec.Struct, frozen=True):
    """An address of the book under its id. `label` is the buyer's own word for it (home, work), or empty."""

    address_id: int
    address: DeliveryAddress
    label: str = ""
    is_default: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether its district is one of the data: those of before the data mostly are, by their names."""
        written = self.address
        known = find_district(written.province, written.city, written.district)
        return written.district_code != "" or known is not None


class AddressEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An address as its owner writes it."""

    recipient: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    label: str = ""
    is_default: bool = False


def check_entry(entry: AddressEntry) -> DeliveryAddress:
    """The address as parcels carry it: phone in its one form, district with its code. Raises InvalidFields, each
    wrong field with its own sentence."""
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    for name, most in (
        ("recipient", RECIPIENT_LENGTH_MAX),
        ("street", STREET_LENGTH_MAX),
    ):
        if not _is_line(getattr(entry, name), most):
            problems[name] = (N_("Please fill this in, with at most %(most)s characters."), {"most": most})
    if entry.label.strip() and not _is_line(entry.label, LABEL_LENGTH_MAX):
        problems["label"] = (N_("Please write at most %(most)s characters."), {"most": LABEL_LENGTH_MAX})
    phone = ""
    try:
        phone = read_phone(entry.phone)
    except PhoneUnreadable as refusal:
        problems["phone"] = refusal.message
    try:
        district = require_district(entry.province.strip(), entry.city.strip(), entry.district.strip())
    except DistrictUnknown as refusal:
        problems["district"] = (refusal.message, refusal.values)
        raise InvalidFields(problems) from refusal
    if problems:
        raise InvalidFields(problems)
    return DeliveryAddress(
        recipient=entry.recipient.strip(),
        phone=phone,
        province=district.province,
        city=district.city,
        district=district.district,
        street=entry.street.strip(),
        district_code=district.code,
    )


async def addresses_of(reader: Reader, person_id: PersonId) -> list[KnownAddress]:
    """The person's addresses: the default first, then the latest used."""
    return await reader.rows(
        KnownAddress,
        f"""
        SELECT {_COLUMNS} FROM buyer_address
        WHERE person_id = %(person_id)s AND forgotten_at IS NULL
        ORDER BY is_default DESC, used_at DESC, address_id DESC
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        person_id=person_id,
        most=ADDRESSES_MAX,
    )


async def address_of(reader: Reader, person_id: PersonId, address_id: int) -> KnownAddress:
    """One address of the person's. Raises AddressUnknown."""
    found = await reader.row(
        KnownAddress,
        f"""
        SELECT {_COLUMNS} FROM buyer_address
        WHERE person_id = %(person_id)s AND address_id = %(address_id)s AND forgotten_at IS NULL
        """,  # noqa: S608 - put together from constants of ours
        person_id=person_id,
        address_id=address_id,
    )
    if found is None:
        raise AddressUnknown
    return found


async def last_forgotten(reader: Reader, person_id: PersonId) -> KnownAddress | None:
    """The address forgotten last, while it can still be brought back."""
    return await reader.row(
        KnownAddress,
        f"""
        SELECT {_COLUMNS} FROM buyer_address
        WHERE person_id = %(person_id)s AND forgotten_at > %(after)s
        ORDER BY forgotten_at DESC, address_id DESC
        LIMIT 1
        """,  # noqa: S608 - put together from constants of ours
        person_id=person_id,
        after=clock.now() - UNDO_FOR,
    )


async def add_address(writer: Writer, person_id: PersonId, entry: AddressEntry) -> KnownAddress:
    """Put an address into the book; the first one is the default. One that is known is not kept twice, but gets
    the label. Raises InvalidFields, AddressesTooMany."""
    address = check_entry(entry)
    await _lock_book(writer, person_id)
    known = await addresses_of(writer, person_id)
    same = _same_among(known, address)
    if same is None and len(known) >= ADDRESSES_MAX:
        raise AddressesTooMany(most=ADDRESSES_MAX)
    is_default = entry.is_default or not known
    if same is not None:
        return await _write(writer, person_id, same, address, entry.label, is_default or same.is_default)
    address_id = await _insert(writer, person_id, address, entry.label.strip())
    if is_default:
        await _make_default(writer, person_id, address_id)
    return await address_of(writer, person_id, address_id)


async def change_address(
    writer: Writer, person_id: PersonId, address_id: int, entry: AddressEntry
) -> KnownAddress:
    """Write an address anew. Orders that were placed keep the old one. Raises AddressUnknown, InvalidFields."""
    address = check_entry(entry)
    await _lock_book(writer, person_id)
    before = await address_of(writer, person_id, address_id)
    return await _write(writer, person_id, before, address, entry.label, entry.is_default or before.is_default)


async def make_default(writer: Writer, person_id: PersonId, address_id: int) -> None:
    """Let an address come first at every order. Raises AddressUnknown."""
    await _lock_book(writer, person_id)
    await address_of(writer, person_id, address_id)
    await _make_default(writer, person_id, address_id)


async def forget_address(writer: Writer, person_id: PersonId, address_id: int) -> None:
    """Forget one of the person's addresses; it can be brought back for `UNDO_FOR`. Forgetting one that is not
    there is no error."""
    await _lock_book(writer, person_id)
    await writer.run(
        """
        UPDATE buyer_address SET forgotten_at = %(now)s
        WHERE person_id = %(person_id)s AND address_id = %(address_id)s AND forgotten_at IS NULL
        """,
        person_id=person_id,
        address_id=address_id,
        now=clock.now(),
    )


async def restore_address(writer: Writer, person_id: PersonId, address_id: int) -> KnownAddress:
    """Bring a forgotten address back. It is the default again if no other became it. Raises AddressUnknown when it
    is gone for good or was never there, AddressesTooMany when the book has filled up since."""
    await _lock_book(writer, person_id)
    known = await addresses_of(writer, person_id)
    if any(each.address_id == address_id for each in known):
        return await address_of(writer, person_id, address_id)
    if len(known) >= ADDRESSES_MAX:
        raise AddressesTooMany(most=ADDRESSES_MAX)
    await writer.run(
        """
        UPDATE buyer_address SET forgotten_at = NULL, is_default = is_default AND NOT %(has_default)s
        WHERE person_id = %(person_id)s AND address_id = %(address_id)s AND forgotten_at > %(after)s
        """,
        person_id=person_id,
        address_id=address_id,
        has_default=any(each.is_default for each in known),
        after=clock.now() - UNDO_FOR,
    )
    return await address_of(writer, person_id, address_id)


async def remember_address(writer: Writer, person_id: PersonId, address: DeliveryAddress) -> None:
    """Keep the address of an order that was placed, or note that a known one was used. In a full book it takes the
    place of the one used longest ago that has neither label nor default; without such a one it is not kept."""
    address = _with_code(address)
    await _lock_book(writer, person_id)
    known = await addresses_of(writer, person_id)
    same = _same_among(known, address)
    if same is not None:
        await _write(writer, person_id, same, address, same.label, same.is_default)
        return
    if len(known) >= ADDRESSES_MAX:
        replaceable = [each for each in known if not each.label and not each.is_default]
        if not replaceable:
            return
        await writer.run(
            "DELETE FROM buyer_address WHERE person_id = %(person_id)s AND address_id = %(address_id)s",
            person_id=person_id,
            address_id=replaceable[-1].address_id,
        )
    await _insert(writer, person_id, address, "")


@sweep(every_s=600)
async def delete_forgotten_addresses(database: Database) -> int:
    """Delete addresses that were forgotten longer than `UNDO_FOR` ago, a bounded number at a time."""
    async with database.writing() as writer:
        return await writer.run(
            """
            DELETE FROM buyer_address
            WHERE (person_id, address_id) IN (
                SELECT person_id, address_id FROM buyer_address
                WHERE forgotten_at <= %(before)s
                ORDER BY forgotten_at
                LIMIT %(most)s
            )
            """,
            before=clock.now() - UNDO_FOR,
            most=FORGOTTEN_AT_ONCE,
        )


async def _lock_book(writer: Writer, person_id: PersonId) -> None:
    await writer.run(
        "SELECT 1 FROM person WHERE person_id = %(id)s ORDER BY person_id FOR NO KEY UPDATE", id=person_id
    )


async def _insert(writer: Writer, person_id: PersonId, address: DeliveryAddress, label: str) -> int:
    address_id = new_id(int)
    await writer.run(
        """
        INSERT INTO buyer_address (person_id, address_id, address, label, used_at)
        VALUES (%(person_id)s, %(address_id)s, %(address)s, %(label)s, %(now)s)
        """,
        person_id=person_id,
        address_id=address_id,
        address=json_value(address),
        label=label,
        now=clock.now(),
    )
    return address_id


async def _write(
    writer: Writer,
    person_id: PersonId,
    known: KnownAddress,
    address: DeliveryAddress,
    label: str,
    is_default: bool,
) -> KnownAddress:
    await writer.run(
        """
        UPDATE buyer_address SET address = %(address)s, label = %(label)s, used_at = %(now)s
        WHERE person_id = %(person_id)s AND address_id = %(address_id)s
        """,
        person_id=person_id,
        address_id=known.address_id,
        address=json_value(address),
        label=label.strip(),
        now=clock.now(),
    )
    if is_default and not known.is_default:
        await _make_default(writer, person_id, known.address_id)
    return await address_of(writer, person_id, known.address_id)


async def _make_default(writer: Writer, person_id: PersonId, address_id: int) -> None:
    # Two statements: the key that allows one default would refuse a moment with two of them.
    await writer.run(
        "UPDATE buyer_address SET is_default = false WHERE person_id = %(person_id)s AND is_default",
        person_id=person_id,
    )
    await writer.run(
        """
        UPDATE buyer_address SET is_default = true
        WHERE person_id = %(person_id)s AND address_id = %(address_id)s
        """,
        person_id=person_id,
        address_id=address_id,
    )


def _same_among(known: list[KnownAddress], address: DeliveryAddress) -> KnownAddress | None:
    """The known address that reads the same, whether it was kept with its code or before there were codes."""
    wanted = _as_read(address)
    return next((each for each in known if _as_read(each.address) == wanted), None)


def _as_read(address: DeliveryAddress) -> Mapping[str, str]:
    written: dict[str, str] = msgspec.structs.asdict(address)
    del written["district_code"]
    return written


def _with_code(address: DeliveryAddress) -> DeliveryAddress:
    found = find_district(address.province, address.city, address.district)
    return address if found is None else msgspec.structs.replace(address, district_code=found.code)


def _is_line(text: str, most: int) -> bool:
    return 1 <= len(text.strip()) <= most and text.strip().isprintable()
