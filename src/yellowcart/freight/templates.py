"""Making, changing and retiring a shop's freight templates. Orders keep the freight they were placed with."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.freight.changes import freight_changed
from yellowcart.freight.errors import (
    FreightTemplateInUse,
    FreightTemplateStale,
    FreightTemplatesTooMany,
    FreightTemplateUnknown,
    WeightMissing,
)
from yellowcart.freight.model import FreightBasis, FreightTemplate, FreightTemplateId, NewFreightTemplate
from yellowcart.freight.queries import template_of, templates_of_shop
from yellowcart.freight.rules import TEMPLATES_MAX, Problems, template_problems
from yellowcart.freight.store import lock_shop, products_without_weight
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId, new_id
from yellowcart.kernel.translation import N_


async def create_template(
    writer: Writer, person: Person, shop_id: ShopId, wanted: NewFreightTemplate
) -> FreightTemplate:
    """Make a freight template. Raises NotFound, InvalidFields, FreightTemplatesTooMany."""
    await lock_shop(writer, shop_id)
    await require_member(writer, person, shop_id)
    known = await templates_of_shop(writer, shop_id)
    wanted = _trimmed(wanted)
    _require_right(wanted, known, None)
    if len(known) >= TEMPLATES_MAX:
        raise FreightTemplatesTooMany(most=TEMPLATES_MAX)
    freight_template_id = new_id(FreightTemplateId)
    await writer.run(
        """
        INSERT INTO freight_template (shop_id, freight_template_id, name, basis, zones, elsewhere, not_delivered,
                                      created_at, updated_at)
        VALUES (%(shop_id)s, %(freight_template_id)s, %(name)s, %(basis)s, %(zones)s, %(elsewhere)s,
                %(not_delivered)s, %(now)s, %(now)s)
        """,
        shop_id=shop_id,
        freight_template_id=freight_template_id,
        now=clock.now(),
        **_columns(wanted),
    )
    await audit.record(
        writer,
        person,
        "freight:template:create",
        _subject(freight_template_id),
        after={"shop_id": shop_id, "template": wanted},
    )
    return await template_of(writer, shop_id, freight_template_id)


async def change_template(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    freight_template_id: FreightTemplateId,
    version: int,
    wanted: NewFreightTemplate,
) -> FreightTemplate:
    """Give a template other zones, fees, basis or name, if nobody changed it since `version` was read.

    Raises NotFound, FreightTemplateUnknown, FreightTemplateStale, InvalidFields, and WeightMissing when it goes by
    weight from now on and some of its products have none.
    """
    await lock_shop(writer, shop_id)
    await require_member(writer, person, shop_id)
    before = await template_of(writer, shop_id, freight_template_id)
    if before.version != version:
        raise FreightTemplateStale
    wanted = _trimmed(wanted)
    _require_right(wanted, await templates_of_shop(writer, shop_id), freight_template_id)
    if wanted == _as_written(before):
        return before
    if wanted.basis is FreightBasis.WEIGHT and before.basis is not FreightBasis.WEIGHT:
        await _require_weights(writer, shop_id, freight_template_id)
    await writer.run(
        """
        UPDATE freight_template
        SET name = %(name)s, basis = %(basis)s, zones = %(zones)s, elsewhere = %(elsewhere)s,
            not_delivered = %(not_delivered)s, version = version + 1, updated_at = %(now)s
        WHERE shop_id = %(shop_id)s AND freight_template_id = %(freight_template_id)s
        """,
        shop_id=shop_id,
        freight_template_id=freight_template_id,
        now=clock.now(),
        **_columns(wanted),
    )
    await audit.record(
        writer,
        person,
        "freight:template:change",
        _subject(freight_template_id),
        before=_as_written(before),
        after=wanted,
    )
    await freight_changed(writer, shop_id)
    return await template_of(writer, shop_id, freight_template_id)


async def retire_template(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    freight_template_id: FreightTemplateId,
    successor_id: FreightTemplateId | None = None,
) -> None:
    """Take a template out of use; the products that have it get the successor.

    Raises NotFound, FreightTemplateUnknown, FreightTemplateInUse when products have it and no other template is
    named, and WeightMissing when the successor goes by weight and some of them have none.
    """
    await lock_shop(writer, shop_id)
    await require_member(writer, person, shop_id)
    retired = await template_of(writer, shop_id, freight_template_id)
    if successor_id == freight_template_id:
        raise FreightTemplateUnknown
    successor = None if successor_id is None else await template_of(writer, shop_id, successor_id)
    if retired.products and successor is None:
        raise FreightTemplateInUse(products=retired.products)
    if successor is not None:
        if successor.basis is FreightBasis.WEIGHT:
            await _require_weights(writer, shop_id, freight_template_id)
        await writer.run(
            """
            UPDATE product_delivery SET freight_template_id = %(successor_id)s, updated_at = %(now)s
            WHERE shop_id = %(shop_id)s AND freight_template_id = %(freight_template_id)s
            """,
            shop_id=shop_id,
            freight_template_id=freight_template_id,
            successor_id=successor_id,
            now=clock.now(),
        )
    await writer.run(
        """
        UPDATE freight_template SET retired_at = %(now)s, version = version + 1
        WHERE shop_id = %(shop_id)s AND freight_template_id = %(freight_template_id)s
        """,
        shop_id=shop_id,
        freight_template_id=freight_template_id,
        now=clock.now(),
    )
    await audit.record(
        writer,
        person,
        "freight:template:retire",
        _subject(freight_template_id),
        before={"shop_id": shop_id, "name": retired.name, "products": retired.products},
        after={"successor_id": successor_id},
    )
    await freight_changed(writer, shop_id)


def _require_right(
    wanted: NewFreightTemplate, known: list[FreightTemplate], own_id: FreightTemplateId | None
) -> None:
    problems: Problems = template_problems(wanted)
    if any(each.name == wanted.name and each.freight_template_id != own_id for each in known):
        problems["name"] = N_("Another template of this shop has this name.")
    if problems:
        raise InvalidFields(problems)


async def _require_weights(writer: Writer, shop_id: ShopId, freight_template_id: FreightTemplateId) -> None:
    if missing := await products_without_weight(writer, shop_id, freight_template_id):
        raise WeightMissing(products=missing)


def _trimmed(wanted: NewFreightTemplate) -> NewFreightTemplate:
    return msgspec.structs.replace(wanted, name=wanted.name.strip())


def _as_written(template: FreightTemplate) -> NewFreightTemplate:
    return NewFreightTemplate(
        name=template.name,
        basis=template.basis,
        zones=template.zones,
        elsewhere=template.elsewhere,
        not_delivered=template.not_delivered,
    )


def _columns(wanted: NewFreightTemplate) -> dict[str, object]:
    return {
        "name": wanted.name,
        "basis": wanted.basis.value,
        "zones": json_value(wanted.zones),
        "elsewhere": None if wanted.elsewhere is None else json_value(wanted.elsewhere),
        "not_delivered": json_value(wanted.not_delivered),
    }


def _subject(freight_template_id: FreightTemplateId) -> str:
    return f"freight_template:{freight_template_id}"
