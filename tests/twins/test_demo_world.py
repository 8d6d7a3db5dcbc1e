"""In the demo world, the matcher finds the twins that the world says there are, and no other."""

from yellowcart.catalog.matching import Described, compare
from yellowcart.demo.world_file import load_world


def test_every_twin_of_the_demo_world_is_found_and_no_other() -> None:
    world = load_world("kuaishou_2022")
    shops = {merchant.key: merchant.name.zh for merchant in world.merchants}
    own = {
        product.key: Described(
            title=product.title.zh,
            brand=product.brand.zh if product.brand else "",
            shop_name=shops[product.merchant],
            sku_names=tuple(sku.name.zh for sku in product.skus),
            price_fen=min(sku.price for sku in product.skus),
            highest_price_fen=max(sku.price for sku in product.skus),
        )
        for product in world.products
    }
    said, found = {}, {}
    for thing in world.outside_products:
        outside = Described(title=thing.title.zh, price_fen=thing.price)
        said[thing.key] = {thing.twin} if thing.twin else set()
        found[thing.key] = {key for key, product in own.items() if compare(outside, product).is_twin}
    assert found == said
    assert sum(map(bool, said.values())) >= 20
