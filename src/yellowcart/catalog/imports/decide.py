"""What a merchant decides on an import: apply it, stop it, go on with it, give it up."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog import rules
from yellowcart.catalog.errors import ProductsTooMany
from yellowcart.catalog.imports.apply_file import count_products
from yellowcart.catalog.imports.errors import ImportAtWork, ImportFinished, ImportNotAtWork, ImportStillRead
from yellowcart.catalog.imports.model import ImportState, ProductImport
from yellowcart.catalog.imports.store import (
    find_import,
    forget_parts,
    forget_rows,
    lock_import,
    move_import,
    write_options,
)
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId


async def apply_import(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    import_id: int,
    *,
    on_sale: bool | None = None,
    pictures: bool | None = None,
) -> ProductImport:
    """Begin to do what the preview showed, or go on where it was stopped. It is done in the background, each
    product all or nothing; what is wrong or skipped is left out. `on_sale` and `pictures` change what was chosen
    with the file.

    Raises NotFound, ImportStillRead, ImportAtWork, ImportFinished, ProductsTooMany.
    """
    await require_member(writer, person, shop_id)
    kept = await lock_import(writer, shop_id, import_id)
    if kept.state is ImportState.READING:
        raise ImportStillRead
    if kept.state is ImportState.APPLYING:
        raise ImportAtWork
    if kept.state not in {ImportState.PREVIEWED, ImportState.STOPPED}:
        raise ImportFinished
    if await count_products(writer, shop_id) + kept.counts.create > rules.PRODUCTS_MAX:
        raise ProductsTooMany(most=rules.PRODUCTS_MAX)
    options = msgspec.structs.replace(
        kept.options,
        on_sale=kept.options.on_sale if on_sale is None else on_sale,
        pictures=kept.options.pictures if pictures is None else pictures,
    )
    await write_options(writer, kept, options)
    await move_import(writer, kept, ImportState.APPLYING, applied_by=person.person_id)
    await audit.record(
        writer,
        person,
        "catalog:import:apply",
        f"import:{import_id}",
        after={"shop_id": shop_id, "counts": kept.counts, "options": options},
    )
    return await find_import(writer, shop_id, import_id)


async def stop_import(writer: Writer, person: Person, shop_id: ShopId, import_id: int) -> ProductImport:
    """Stop applying after the set that is at work; what was done stays. Raises NotFound, ImportNotAtWork."""
    await require_member(writer, person, shop_id)
    kept = await lock_import(writer, shop_id, import_id)
    if kept.state is not ImportState.APPLYING:
        raise ImportNotAtWork
    await move_import(writer, kept, ImportState.STOPPED)
    await audit.record(writer, person, "catalog:import:stop", f"import:{import_id}", after={"counts": kept.counts})
    return await find_import(writer, shop_id, import_id)


async def discard_import(writer: Writer, person: Person, shop_id: ShopId, import_id: int) -> ProductImport:
    """Give an import up. Before anything of it was applied its rows are forgotten; what was applied stays, and can
    be looked up. Raises NotFound, ImportAtWork, ImportFinished."""
    await require_member(writer, person, shop_id)
    kept = await lock_import(writer, shop_id, import_id)
    if kept.state is ImportState.APPLYING:
        raise ImportAtWork
    await move_import(writer, kept, ImportState.DISCARDED)
    await forget_parts(writer, shop_id, import_id)
    if not kept.counts.done:
        await forget_rows(writer, shop_id, import_id)
    await audit.record(writer, person, "catalog:import:discard", f"import:{import_id}")
    return await find_import(writer, shop_id, import_id)
