"""The first part of the seed: categories, sources, people, shops with their goods, and the merchants' offers.

What a person does is done by the same use cases as on the pages, so that the audit trail tells it.
"""

from yellowcart.accounts.model import Person
from yellowcart.accounts.passwords import hash_password
from yellowcart.accounts.register import enroll
from yellowcart.catalog.categories import place_category
from yellowcart.catalog.model import MerchantKind, NewProduct, NewShop, NewSku, ProductText
from yellowcart.catalog.products import create_product
from yellowcart.catalog.review import submit_product
from yellowcart.catalog.selling import put_on_sale
from yellowcart.catalog.shops import open_shop
from yellowcart.demo.accounts import PASSWORD, Part, cast, guests
from yellowcart.demo.audience_model import Place
from yellowcart.demo.model import Merchant, Offer, OfferKind, Product
from yellowcart.demo.seed_rows import Buyer, Seeded, copy_rows
from yellowcart.freight.districts import require_district
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import McnId, OfferId, PersonId, ProductId, new_id
from yellowcart.orders.model import DeliveryAddress


async def seed_reference(writer: Writer, seeded: Seeded) -> None:
    """The category tree, the sources and the agencies."""
    world = seeded.world
    for position, category in enumerate(world.categories, start=1):
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
    await copy_rows(
        writer,
        "source",
        [
            {
                "source": source.key,
                "name_zh": source.name.zh,
                "name_en": source.name.en,
                "kind": source.kind,
                "position": position,
            }
            for position, source in enumerate(world.link_sources, start=1)
        ],
    )
    await copy_rows(
        writer,
        "mcn",
        [
            {
                "mcn_id": new_id(McnId),
                "name": agency.name.zh,
                "name_en": agency.name.en,
                "region": agency.region.zh,
                "share_rate": agency.share_basis_points,
                "created_at": clock.now(),
            }
            for agency in world.mcns
        ],
    )


async def seed_people(database: Database, seeded: Seeded) -> None:
    """Everybody with an account, and where they have their parcels sent. One hash serves all: the password
    is public."""
    password_hash = await hash_password(PASSWORD)
    async with database.writing() as writer:
        for part in cast(seeded.world):
            person = await enroll(
                writer, login=part.login, name=part.name, password_hash=password_hash, roles=set(part.roles)
            )
            seeded.people[part.login] = person
            if part.creator is not None:
                seeded.creator_people[part.creator] = person
            if part.merchant is not None:
                seeded.merchant_people[part.merchant] = person
        guest_people = await _seed_guests(writer, guests(seeded.world), password_hash)
        _settle_buyers(seeded, guest_people)
        await copy_rows(
            writer,
            "buyer_address",
            [
                {
                    "person_id": buyer.person_id,
                    "address_id": new_id(int),
                    "address": buyer.address,
                    "used_at": clock.now(),
                }
                for buyer in seeded.buyers
            ],
        )


async def _seed_guests(writer: Writer, parts: list[Part], password_hash: str) -> list[tuple[PersonId, str]]:
    """People by the hundred, whose registration nobody will look up in the audit trail."""
    people = [(new_id(PersonId), part) for part in parts]
    now = clock.now()
    await copy_rows(
        writer,
        "person",
        [
            {
                "person_id": person_id,
                "login": part.login,
                "name": part.name,
                "password_hash": password_hash,
                "state": "active",
                "created_at": now,
            }
            for person_id, part in people
        ],
    )
    await copy_rows(
        writer,
        "person_role",
        [{"person_id": person_id, "role": "buyer", "granted_at": now} for person_id, _ in people],
    )
    return [(person_id, part.name) for person_id, part in people]


def _settle_buyers(seeded: Seeded, guest_people: list[tuple[PersonId, str]]) -> None:
    dice = seeded.dice("addresses")
    audience = seeded.world.audience
    shoppers = [
        (person.person_id, person.name)
        for login, person in seeded.people.items()
        if login.startswith(("buyer", "viewer_"))
    ]
    for number, (person_id, name) in enumerate([*shoppers, *guest_people]):
        place: Place = dice.choice(audience.places)
        address = DeliveryAddress(
            recipient=dice.choice(audience.recipients),
            phone=f"1380000{number % 10_000:04d}",
            province=place.province,
            city=place.city,
            district=place.district,
            street=f"{place.street}{dice.randint(1, place.houses)}号",
            district_code=require_district(place.province, place.city, place.district).code,
        )
        seeded.buyers.append(Buyer(person_id, name, address))


async def seed_shops(database: Database, seeded: Seeded) -> None:
    """Every merchant opens a shop, lists its products, has them reviewed and puts them on sale."""
    for merchant in seeded.world.merchants:
        person = seeded.merchant_people[merchant.key]
        async with database.writing() as writer:
            shop = await open_shop(writer, person, _new_shop(merchant))
            seeded.shops[merchant.key] = shop.shop_id
            for product in seeded.world.products:
                if product.merchant == merchant.key:
                    await _seed_product(writer, seeded, person, product)


def _new_shop(merchant: Merchant) -> NewShop:
    return NewShop(
        name=merchant.shop.zh,
        name_en=merchant.shop.en,
        kind=MerchantKind(merchant.kind.value),
        region=merchant.region.zh,
        description="" if merchant.belt is None else f"{merchant.belt.zh} · {merchant.belt.en}",
    )


async def _seed_product(writer: Writer, seeded: Seeded, person: Person, product: Product) -> None:
    shop_id = seeded.shops[product.merchant]
    product_id = new_id(ProductId)
    new_product = NewProduct(
        text=ProductText(
            category_code=product.category,
            title=product.title.zh,
            title_en=product.title.en,
            brand="" if product.brand is None else product.brand.zh,
            description=product.description.zh,
            description_en=product.description.en,
            picture_url=f"/media/product/{shop_id}/{product_id}.svg",
        ),
        skus=[
            NewSku(
                name=sku.name.zh,
                name_en=sku.name.en,
                price_fen=sku.price,
                merchant_code=sku.code,
                barcode=sku.barcode or "",
                quantity=sku.stock,
            )
            for sku in product.skus
        ],
        import_handle=product.key,
        product_id=product_id,
    )
    await create_product(writer, person, shop_id, new_product)
    reviewed = await submit_product(writer, person, shop_id, product_id)
    if reviewed.review_problems:
        raise RuntimeError(f"product {product.key!r} does not pass the review: {reviewed.review_problems}")
    seeded.products[product.key] = await put_on_sale(writer, person, shop_id, product_id)


async def seed_offers(writer: Writer, seeded: Seeded) -> None:
    """Merchants' terms, product by product. Offers through a leader's campaign wait for campaigns to exist."""
    rows = []
    for offer in seeded.world.offers:
        if offer.kind is OfferKind.CAMPAIGN:
            continue
        for product_key in _products_of(seeded, offer):
            for creator_key in offer.creators or (None,):
                offer_id = new_id(OfferId)
                detail = seeded.products[product_key]
                seeded.offers[product_key, creator_key] = offer_id, offer.commission_basis_points
                rows.append(
                    {
                        "shop_id": detail.shop.shop_id,
                        "offer_id": offer_id,
                        "product_id": detail.product.product_id,
                        "kind": "open" if creator_key is None else "targeted",
                        "creator_id": None if creator_key is None else seeded.creators[creator_key],
                        "commission_rate": offer.commission_basis_points,
                        "valid_from": clock.now(),
                    }
                )
    await copy_rows(writer, "offer", rows)


def _products_of(seeded: Seeded, offer: Offer) -> list[str]:
    return list(offer.products) or [
        product.key for product in seeded.world.products if product.merchant == offer.merchant
    ]
