"""Freight templates and delivery terms in the database: whole or not at all, and only the shop's own."""

import asyncio

import msgspec
import psycopg
import pytest

from tests.catalog_world import make_product, open_merchant
from tests.conftest import sign_in_as
from tests.freight.freight_world import make_template, terms_of, wanted
from yellowcart.accounts.audit import read_trail
from yellowcart.catalog.selling import retire_product
from yellowcart.freight.changes import FREIGHT_CHANGED
from yellowcart.freight.errors import (
    FreightTemplateInUse,
    FreightTemplateStale,
    FreightTemplatesTooMany,
    FreightTemplateUnknown,
    WeightMissing,
)
from yellowcart.freight.model import DeliveryChange, DeliveryTerms, FreightBasis, FreightTemplateId, ShipPromise
from yellowcart.freight.product_terms import set_delivery
from yellowcart.freight.queries import (
    DeliveryFilter,
    delivery_terms_of,
    found_products,
    products_with_delivery,
    template_of,
    templates_of_shop,
)
from yellowcart.freight.rules import PRODUCTS_AT_ONCE_MAX, TEMPLATES_MAX
from yellowcart.freight.templates import change_template, create_template, retire_template
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ProductId


async def test_a_product_that_nobody_said_anything_of_is_free_and_shipped_within_48_hours(
    database: Database,
) -> None:
    merchant = await open_merchant(database)
    product = (await make_product(database, merchant)).product
    assert await terms_of(database, merchant, product.product_id) == DeliveryTerms(
        freight=None, weight_g=0, ship_within_s=172_800, is_presale=False
    )


async def test_a_template_given_to_a_product_is_what_prices_are_reckoned_by(database: Database) -> None:
    merchant = await open_merchant(database)
    product = (await make_product(database, merchant)).product
    template = await make_template(database, merchant)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await set_delivery(
            writer,
            person,
            shop_id,
            DeliveryChange(
                product_ids=(product.product_id,),
                freight_template_id=template.freight_template_id,
                weight_g=350,
                promise=ShipPromise(5 * 86_400, is_presale=True),
            ),
        )
    assert await terms_of(database, merchant, product.product_id) == DeliveryTerms(
        freight=template.terms, weight_g=350, ship_within_s=5 * 86_400, is_presale=True
    )
    async with database.writing() as writer:
        await set_delivery(
            writer, person, shop_id, DeliveryChange(product_ids=(product.product_id,), weight_g=400)
        )
    kept = await terms_of(database, merchant, product.product_id)
    assert (kept.freight, kept.weight_g, kept.is_presale) == (template.terms, 400, True)
    async with database.writing() as writer:
        await set_delivery(
            writer, person, shop_id, DeliveryChange(product_ids=(product.product_id,), freight_template_id=None)
        )
        actions = [entry.action for entry in (await read_trail(writer, action="freight:")).items]
    assert (await terms_of(database, merchant, product.product_id)).freight is None
    assert actions == ["freight:product:deliver"] * 3 + ["freight:template:create"]


async def test_a_changed_template_counts_at_once_and_is_told(database: Database) -> None:
    merchant = await open_merchant(database)
    template = await make_template(database, merchant)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with await database.connect(name="listener") as listener:
        await listener.execute(f"LISTEN {FREIGHT_CHANGED}")
        async with database.writing() as writer:
            changed = await change_template(
                writer, person, shop_id, template.freight_template_id, template.version, wanted(fee_fen=900)
            )
        heard = [notice.payload async for notice in listener.notifies(timeout=10, stop_after=1)]
    assert heard == [str(shop_id)]
    assert changed.elsewhere is not None
    assert (changed.elsewhere.first_fen, changed.version) == (900, template.version + 1)


async def test_saving_the_same_changes_nothing(database: Database) -> None:
    merchant = await open_merchant(database)
    template = await make_template(database, merchant)
    async with database.writing() as writer:
        same = await change_template(
            writer,
            merchant.signed_in.person,
            merchant.shop.shop_id,
            template.freight_template_id,
            template.version,
            wanted(),
        )
    assert same == template


async def test_of_two_who_edit_at_once_the_second_is_told(database: Database) -> None:
    merchant = await open_merchant(database)
    template = await make_template(database, merchant)

    async def edit(fee_fen: int) -> None:
        async with database.writing() as writer:
            await change_template(
                writer,
                merchant.signed_in.person,
                merchant.shop.shop_id,
                template.freight_template_id,
                template.version,
                wanted(fee_fen=fee_fen),
            )

    outcomes = await asyncio.gather(edit(100), edit(200), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [FreightTemplateStale]


async def test_two_templates_of_a_shop_have_two_names(database: Database) -> None:
    merchant = await open_merchant(database)
    await make_template(database, merchant)
    with pytest.raises(InvalidFields) as refused:
        await make_template(database, merchant, wanted(name=" 全国 "))
    assert set(refused.value.problems) == {"name"}


async def test_a_shop_has_only_so_many_templates(database: Database) -> None:
    merchant = await open_merchant(database)
    async with database.writing() as writer:
        for number in range(TEMPLATES_MAX):
            await create_template(
                writer, merchant.signed_in.person, merchant.shop.shop_id, wanted(name=f"模板 {number}")
            )
    with pytest.raises(FreightTemplatesTooMany):
        await make_template(database, merchant, wanted(name="one more"))


async def test_a_template_in_use_goes_only_when_another_takes_its_place(database: Database) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    old = await make_template(database, merchant)
    new = await make_template(database, merchant, wanted(name="新"))
    async with database.writing() as writer:
        await set_delivery(
            writer,
            person,
            shop_id,
            DeliveryChange(product_ids=(product_id,), freight_template_id=old.freight_template_id),
        )
    for successor, refusal in (
        (None, FreightTemplateInUse),
        (old.freight_template_id, FreightTemplateUnknown),
        (FreightTemplateId(1), FreightTemplateUnknown),
    ):
        with pytest.raises(refusal):
            async with database.writing() as writer:
                await retire_template(writer, person, shop_id, old.freight_template_id, successor)
    async with database.writing() as writer:
        await retire_template(writer, person, shop_id, old.freight_template_id, new.freight_template_id)
        assert [each.name for each in await templates_of_shop(writer, shop_id)] == ["新"]
    assert (await terms_of(database, merchant, product_id)).freight == new.terms
    with pytest.raises(FreightTemplateUnknown):
        async with database.writing() as writer:
            await retire_template(writer, person, shop_id, old.freight_template_id, new.freight_template_id)


async def test_weight_is_asked_for_before_a_template_by_weight_counts(database: Database) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    by_weight = await make_template(database, merchant, wanted(name="重量", basis=FreightBasis.WEIGHT))
    by_piece = await make_template(database, merchant)
    give = DeliveryChange(product_ids=(product_id,), freight_template_id=by_weight.freight_template_id)
    with pytest.raises(WeightMissing):
        async with database.writing() as writer:
            await set_delivery(writer, person, shop_id, give)
    assert await terms_of(database, merchant, product_id) == DeliveryTerms()
    async with database.writing() as writer:
        await set_delivery(
            writer,
            person,
            shop_id,
            msgspec.structs.replace(give, freight_template_id=by_piece.freight_template_id),
        )
    with pytest.raises(WeightMissing):
        async with database.writing() as writer:
            await retire_template(
                writer, person, shop_id, by_piece.freight_template_id, by_weight.freight_template_id
            )
    with pytest.raises(WeightMissing):
        async with database.writing() as writer:
            await change_template(
                writer, person, shop_id, by_piece.freight_template_id, 1, wanted(basis=FreightBasis.WEIGHT)
            )
    async with database.writing() as writer:
        await set_delivery(writer, person, shop_id, msgspec.structs.replace(give, weight_g=500))
    assert (await terms_of(database, merchant, product_id)).weight_g == 500


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"product_ids": ()}, "product_ids"),
        ({"product_ids": tuple(ProductId(n) for n in range(1, PRODUCTS_AT_ONCE_MAX + 2))}, "product_ids"),
        ({"weight_g": 0}, "weight"),
        ({"weight_g": -1}, "weight"),
        ({"weight_g": 10**12}, "weight"),
        ({"promise": ShipPromise(3_600)}, "promise"),
        ({"promise": ShipPromise(10**12, is_presale=True)}, "promise"),
        ({}, "do"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(
    database: Database, change: dict[str, object], field: str
) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    whole = {"product_ids": (product_id,)} | change
    if "product_ids" in change:
        whole["weight_g"] = 100
    with pytest.raises(InvalidFields) as refused:
        async with database.writing() as writer:
            await set_delivery(
                writer,
                merchant.signed_in.person,
                merchant.shop.shop_id,
                DeliveryChange(**whole),  # type: ignore[arg-type]
            )
    assert set(refused.value.problems) == {field}


async def test_one_strange_product_among_many_changes_none(database: Database) -> None:
    merchant, other = await open_merchant(database), await open_merchant(database, "别家")
    mine = (await make_product(database, merchant)).product.product_id
    theirs = (await make_product(database, other)).product.product_id
    retired = (await make_product(database, merchant)).product.product_id
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await retire_product(writer, person, shop_id, retired)
    for strange in (theirs, retired, ProductId(1)):
        with pytest.raises(NotFound):
            async with database.writing() as writer:
                await set_delivery(
                    writer, person, shop_id, DeliveryChange(product_ids=(mine, strange), weight_g=100)
                )
    assert (await terms_of(database, merchant, mine)).weight_g == 0


async def test_anothers_shop_and_its_templates_do_not_exist(database: Database) -> None:
    merchant, other = await open_merchant(database), await open_merchant(database, "别家")
    template = await make_template(database, other)
    product_id = (await make_product(database, merchant)).product.product_id
    stranger, shop_id = merchant.signed_in.person, other.shop.shop_id
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await create_template(writer, stranger, shop_id, wanted(name="x"))
        with pytest.raises(NotFound):
            await change_template(writer, stranger, shop_id, template.freight_template_id, 1, wanted())
        with pytest.raises(NotFound):
            await retire_template(writer, stranger, shop_id, template.freight_template_id)
        with pytest.raises(FreightTemplateUnknown):
            await template_of(writer, merchant.shop.shop_id, template.freight_template_id)
        with pytest.raises(FreightTemplateUnknown):
            await set_delivery(
                writer,
                stranger,
                merchant.shop.shop_id,
                DeliveryChange(product_ids=(product_id,), freight_template_id=template.freight_template_id),
            )
        outsider = (await sign_in_as(database)).person
        with pytest.raises(NotFound):
            await set_delivery(writer, outsider, shop_id, DeliveryChange(product_ids=(product_id,), weight_g=1))


async def test_a_retired_template_and_a_new_product_do_not_meet(database: Database) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    template = await make_template(database, merchant)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id

    async def retire() -> None:
        async with database.writing() as writer:
            await retire_template(writer, person, shop_id, template.freight_template_id)

    async def give() -> None:
        async with database.writing() as writer:
            await set_delivery(
                writer,
                person,
                shop_id,
                DeliveryChange(product_ids=(product_id,), freight_template_id=template.freight_template_id),
            )

    outcomes = await asyncio.gather(retire(), give(), return_exceptions=True)
    refused = [type(outcome) for outcome in outcomes if outcome is not None]
    assert refused in ([FreightTemplateUnknown], [FreightTemplateInUse])
    async with database.reading() as reader:
        lost = await reader.value(
            """
            SELECT count(*) FROM product_delivery JOIN freight_template USING (shop_id, freight_template_id)
            WHERE retired_at IS NOT NULL
            """
        )
    assert lost == 0


async def test_the_list_is_searched_filtered_and_read_in_pages(database: Database) -> None:
    merchant = await open_merchant(database)
    template = await make_template(database, merchant)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    made = [(await make_product(database, merchant)).product.product_id for _ in range(5)]
    async with database.writing() as writer:
        await set_delivery(
            writer,
            person,
            shop_id,
            DeliveryChange(product_ids=tuple(made[:2]), freight_template_id=template.freight_template_id),
        )
        first = await products_with_delivery(writer, shop_id, DeliveryFilter(), size=3)
        second = await products_with_delivery(writer, shop_id, DeliveryFilter(), size=3, cursor=first.next_cursor)
        assert [row.product_id for row in [*first.items, *second.items]] == made[::-1]
        assert second.next_cursor is None
        of_it = DeliveryFilter(freight_template_id=template.freight_template_id)
        assert {row.template_name for row in (await products_with_delivery(writer, shop_id, of_it)).items} == {
            "全国"
        }
        assert set(await found_products(writer, shop_id, DeliveryFilter(only_free=True))) == set(made[2:])
        assert await found_products(writer, shop_id, DeliveryFilter(text="%")) == ()
        assert (await template_of(writer, shop_id, template.freight_template_id)).products == 2
        terms = await delivery_terms_of(writer, shop_id, made)
    assert [terms[product_id].freight is not None for product_id in made] == [True, True, False, False, False]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE product_delivery SET ship_within_s = 3600",
        "UPDATE product_delivery SET is_presale = true",
        "UPDATE product_delivery SET ship_within_s = 400000, is_presale = true",
        "UPDATE product_delivery SET weight_g = -1",
        "UPDATE product_delivery SET freight_template_id = 1",
        "UPDATE freight_template SET basis = 'volume'",
        "UPDATE freight_template SET zones = '[]', elsewhere = NULL",
        "UPDATE freight_template SET name = ''",
    ],
)
async def test_the_tables_refuse_what_the_verbs_refuse(database: Database, statement: str) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    await make_template(database, merchant)
    async with database.writing() as writer:
        await set_delivery(
            writer,
            merchant.signed_in.person,
            merchant.shop.shop_id,
            DeliveryChange(product_ids=(product_id,), weight_g=100),
        )
    with pytest.raises(psycopg.errors.IntegrityError):
        async with database.writing() as writer:
            await writer.run(statement)
