"""Applying a file of waybills: order after order, each in a transaction of its own, so that nobody waits long for
a lock and what was shipped stays shipped whatever becomes of the rest."""

from collections.abc import Sequence

import structlog

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person, PersonState, Role
from yellowcart.accounts.people import read_person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import LOST, Database, Reader, Writer
from yellowcart.kernel.errors import Conflict, InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import Queue, sweep, time_is_up
from yellowcart.kernel.translation import N_
from yellowcart.parcels.bulk.model import FileId, FileState, JudgedRow, RowFate, RowProblem, ShippingFile
from yellowcart.parcels.bulk.store import (
    move_file,
    read_file,
    ready_rows_of_order,
    refuse_rest,
    settle_rows,
)
from yellowcart.parcels.model import NewShipment
from yellowcart.parcels.ship import ship_order

ORDERS_AT_ONCE = 100
"""Orders that one call ships; a page applies so many itself and leaves the rest to the worker."""
KEPT_DAYS = 30
FILES_FORGOTTEN_AT_ONCE = 20
FILES_AT_ONCE = 10
"""Files that go on side by side, so that no shop waits for another's whole file."""

UPLOADER_GONE = N_("Whoever uploaded this file has no access to the platform any more. Upload it again.")
OUR_FAULT = N_("Something went wrong on our side. Ship this order by hand.")

_not_gone_on = Setbacks[FileId]("go_on_with_files")

log = structlog.get_logger()


class FileMoved(Conflict):
    """The file was applied or discarded before."""

    code = "shipping_file_moved"
    message = N_("This file has been applied or discarded already.")


async def file_of(reader: Reader, person: Person, shop_id: ShopId, file_id: FileId) -> ShippingFile:
    """A file of a shop that the person works for. Raises NotFound."""
    await require_member(reader, person, shop_id)
    found = await read_file(reader, shop_id, file_id)
    if found is None:
        raise NotFound
    return found


async def apply_file(database: Database, person: Person, shop_id: ShopId, file_id: FileId) -> ShippingFile:
    """Begin to ship what the preview showed, and ship the first ORDERS_AT_ONCE orders; the worker goes on with the
    rest. Applying a file that is being applied is no error. Raises NotFound, FileMoved."""
    async with database.writing() as writer:
        found = await file_of(writer, person, shop_id, file_id)
        if found.state is not FileState.APPLYING:
            if not await move_file(writer, shop_id, file_id, FileState.PREVIEWED, FileState.APPLYING, clock.now()):
                raise FileMoved
            await audit.record(
                writer, person, "parcels:shipping_file:apply", f"shop:{shop_id}", after={"file_id": file_id}
            )
    await ship_some(database, shop_id, file_id, found.created_by)
    async with database.reading() as reader:
        return await file_of(reader, person, shop_id, file_id)


async def discard_file(writer: Writer, person: Person, shop_id: ShopId, file_id: FileId) -> None:
    """Give a file up before anything was shipped by it. Discarding twice is no error. Raises NotFound,
    FileMoved."""
    found = await file_of(writer, person, shop_id, file_id)
    if found.state is FileState.DISCARDED:
        return
    if not await move_file(writer, shop_id, file_id, FileState.PREVIEWED, FileState.DISCARDED, clock.now()):
        raise FileMoved


async def ship_some(database: Database, shop_id: ShopId, file_id: FileId, person_id: PersonId) -> int:
    """Ship the next orders of a file that is being applied, as the member who uploaded it; answers how many were
    tried. With the last one the file is applied."""
    async with database.reading() as reader:
        uploader = await read_person(reader, person_id)
        order_ids: list[OrderId] = await reader.column(
            """
            SELECT DISTINCT order_id FROM shipping_file_row
            WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s AND fate = 'ready'
            ORDER BY order_id
            LIMIT %(most)s
            """,
            shop_id=shop_id,
            file_id=file_id,
            most=ORDERS_AT_ONCE,
        )
    person = Person(person_id=person_id, login=uploader.login, name=uploader.name, roles=frozenset(uploader.roles))
    if uploader.state is PersonState.DISABLED or not person.has(Role.MERCHANT):
        async with database.writing() as writer:
            await move_file(writer, shop_id, file_id, FileState.APPLYING, FileState.APPLIED, clock.now())
            await refuse_rest(writer, shop_id, file_id, RowProblem(UPLOADER_GONE))
        return len(order_ids)
    for order_id in order_ids:
        await _ship_one(database, person, shop_id, file_id, order_id)
    if len(order_ids) < ORDERS_AT_ONCE:
        async with database.writing() as writer:
            await move_file(writer, shop_id, file_id, FileState.APPLYING, FileState.APPLIED, clock.now())
    return len(order_ids)


async def _ship_one(
    database: Database, person: Person, shop_id: ShopId, file_id: FileId, order_id: OrderId
) -> None:
    """Ship the rows of one order, parcel after parcel. A parcel that is refused leaves the others shipped."""
    async with database.writing() as writer:
        # Two who apply the same file at once: the second waits here, and finds nothing ready any more.
        await writer.run(
            """
            SELECT FROM shipping_file WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s
            ORDER BY shop_id, file_id
            FOR UPDATE
            """,
            shop_id=shop_id,
            file_id=file_id,
        )
        rows = await ready_rows_of_order(writer, shop_id, file_id, order_id)
        for parcel in _parcels(rows):
            numbers = [row.number for row in parcel]
            try:
                async with writer.attempt():
                    await ship_order(writer, person, shop_id, order_id, _shipment(parcel))
            except Refusal as refusal:
                await settle_rows(writer, shop_id, file_id, numbers, RowFate.REFUSED, _problem(refusal))
            except LOST:
                raise
            except Exception:  # a defect of ours: one row must not stop the others
                log.exception("parcels.row_failed", shop_id=shop_id, file_id=file_id, order_id=order_id)
                await settle_rows(writer, shop_id, file_id, numbers, RowFate.REFUSED, RowProblem(OUR_FAULT))
            else:
                await settle_rows(writer, shop_id, file_id, numbers, RowFate.SHIPPED)


def _parcels(rows: Sequence[JudgedRow]) -> list[list[JudgedRow]]:
    parcels: dict[tuple[str, str], list[JudgedRow]] = {}
    for row in rows:
        parcels.setdefault((row.carrier, row.waybill), []).append(row)
    return list(parcels.values())


def _shipment(parcel: Sequence[JudgedRow]) -> NewShipment:
    pieces = {row.order_line_id: row.quantity or 0 for row in parcel if row.order_line_id is not None}
    return NewShipment(parcel[0].carrier, parcel[0].waybill, pieces or None)


def _problem(refusal: Refusal) -> RowProblem:
    if isinstance(refusal, InvalidFields):
        problem = next(iter(refusal.problems.values()))
        return RowProblem(problem) if isinstance(problem, str) else RowProblem(*problem)
    return RowProblem(refusal.message, refusal.values)


@sweep(every_s=2, queue=Queue.LENGTHY)
async def go_on_with_files(database: Database) -> int:
    """Files that are being applied go on, a bounded number of orders of each at a time."""
    async with database.reading() as reader:
        found = await reader.records(
            """
            SELECT shop_id, file_id, created_by FROM shipping_file
            WHERE state = 'applying' AND file_id <> ALL(%(put_off)s)
            ORDER BY file_id
            LIMIT %(most)s
            """,
            most=FILES_AT_ONCE,
            put_off=_not_gone_on.put_off(),
        )
    done = 0
    for row in found:
        if time_is_up():
            break
        try:
            with _not_gone_on.sparing(row["file_id"]):
                done += await ship_some(database, row["shop_id"], row["file_id"], row["created_by"]) or 1
        except LOST:  # a lost connection is none of the next file's
            log.warning("parcels.file_waits", shop_id=row["shop_id"], file_id=row["file_id"])
    return done


@sweep(every_s=3_600)
async def forget_old_files(database: Database) -> int:
    """Rows of files older than KEPT_DAYS are deleted: they hold who was sent what. Their parcels stay."""
    async with database.writing() as writer:
        return await writer.run(
            """
            WITH old AS (
                SELECT shop_id, file_id FROM shipping_file
                WHERE state IN ('applied', 'discarded', 'previewed')
                  AND created_at < %(now)s - make_interval(days => %(days)s)
                ORDER BY file_id
                LIMIT %(most)s
            ), rows_gone AS (
                DELETE FROM shipping_file_row USING old
                WHERE shipping_file_row.shop_id = old.shop_id AND shipping_file_row.file_id = old.file_id
            )
            DELETE FROM shipping_file USING old
            WHERE shipping_file.shop_id = old.shop_id AND shipping_file.file_id = old.file_id
            """,
            now=clock.now(),
            days=KEPT_DAYS,
            most=FILES_FORGOTTEN_AT_ONCE,
        )
