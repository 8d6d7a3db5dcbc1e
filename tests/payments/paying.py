"""An installation with real accounts at both providers' servers of a test, and an order to pay there."""

from dataclasses import dataclass
from pathlib import Path

from tests.conftest import sign_in_as
from tests.orders.shopping import Till, open_till
from tests.payments import alipay_server, wechat_server
from tests.payments.alipay_server import AlipayServer
from tests.payments.provider_keys import key_pair, write
from tests.payments.wechat_server import WechatServer
from tests.small_world import SmallWorld, make_small_world
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.model import Payment, PaymentMethod
from yellowcart.payments.pay import OpenCashier, Payer, open_cashier, settle_payment
from yellowcart.payments.providers import Gateways, open_gateways
from yellowcart.payments.references import reference_of
from yellowcart.payments.store import read_payment

ADDRESS = "https://shop.example"


def wechat_settings(folder: Path, server: WechatServer, **more: object) -> str:
    """The section of a merchant at WeChat Pay, with its keys written beside it."""
    merchant, platform = key_pair("merchant"), key_pair("wechat platform")
    values: dict[str, object] = {
        "merchant_id": wechat_server.MERCHANT_ID,
        "app_id": wechat_server.APP_ID,
        "api_v3_key": wechat_server.API_V3_KEY,
        "private_key_file": write(folder, "apiclient_key.pem", merchant.private_pem),
        "certificate_serial": merchant.serial,
        "app_secret": "a secret of the app",
        "products": ["native", "h5", "jsapi"],
        "endpoint": server.address,
        "openid_endpoint": server.address,
        "timeout_s": 1,
    }
    if not server.by_certificate:
        values["public_key_file"] = write(folder, "pub_key.pem", platform.public_pem)
        values["public_key_id"] = wechat_server.PUBLIC_KEY_ID
    return section("wechat", values | more)


def alipay_settings(folder: Path, server: AlipayServer, *, by_certificate: bool = False, **more: object) -> str:
    """The section of an app at Alipay, with its keys written beside it."""
    merchant, platform = key_pair("merchant"), key_pair("alipay platform")
    values: dict[str, object] = {
        "app_id": alipay_server.APP_ID,
        "seller_id": alipay_server.SELLER_ID,
        "private_key_file": write(folder, "alipay_key.pem", merchant.private_pem),
        "endpoint": server.gateway,
        "timeout_s": 1,
    }
    if by_certificate:
        values["app_certificate_file"] = write(folder, "app.crt", merchant.certificate_pem)
        values["alipay_certificate_file"] = write(folder, "alipay.crt", platform.certificate_pem)
        values["alipay_root_certificate_file"] = write(folder, "root.crt", key_pair("root").certificate_pem)
    else:
        values["alipay_public_key_file"] = write(folder, "alipay_public.pem", platform.public_pem)
    return section("alipay", values | more)


def section(name: str, values: dict[str, object]) -> str:
    """A section of a TOML file."""
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]
    return "\n".join([f"[{name}]", *lines, ""])


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'


def write_settings(folder: Path, *sections: str, address: str = ADDRESS) -> Path:
    """The file of payment providers."""
    path = folder / "payments.toml"
    path.write_text(f'address = "{address}"\n' + "\n".join(sections))
    return path


@dataclass
class PayingWorld:
    """A till whose buyer pays at real providers."""

    till: Till
    world: SmallWorld
    buyer: Person
    gateways: Gateways
    wechat: WechatServer
    alipay: AlipayServer

    @property
    def database(self) -> Database:
        return self.till.database

    async def order(self) -> PlacedOrder:
        """An unpaid order of one piece."""
        return await self.till.place(self.buyer, self.world)

    async def open(
        self, placed: PlacedOrder, method: PaymentMethod = PaymentMethod.WECHAT_NATIVE, payer: Payer | None = None
    ) -> OpenCashier:
        """The cashier, opened by the buyer."""
        return await open_cashier(
            self.database, self.gateways, self.buyer, placed.shop_id, placed.order_id, method, payer or Payer()
        )

    async def settle(self, placed: PlacedOrder, cashier: OpenCashier) -> Payment:
        """Back from the provider."""
        return await settle_payment(self.database, self.gateways, placed.shop_id, cashier.payment_id)

    async def payment(self, placed: PlacedOrder, cashier: OpenCashier) -> Payment:
        """The payment as the table has it."""
        async with self.database.reading() as reader:
            return await read_payment(reader, placed.shop_id, cashier.payment_id)

    async def paid(
        self, method: PaymentMethod = PaymentMethod.WECHAT_NATIVE
    ) -> tuple[PlacedOrder, OpenCashier, str]:
        """An order that was paid at its provider and settled here, with the payment's reference."""
        placed = await self.order()
        cashier = await self.open(placed, method)
        reference = reference_of(placed.shop_id, cashier.payment_id)
        if cashier.code:
            self.wechat.pay(reference)
        else:
            self.alipay.pay(str(cashier.url))
        await self.settle(placed, cashier)
        return placed, cashier, reference

    async def findings(self) -> list[tuple[str, str]]:
        """Kind and state of every finding, the oldest first."""
        async with self.database.reading() as reader:
            rows = await reader.records("SELECT kind, state FROM payment_finding ORDER BY finding_id")
        return [(row["kind"], row["state"]) for row in rows]


async def open_world(
    database: Database, folder: Path, wechat: WechatServer, alipay: AlipayServer, **more: int
) -> PayingWorld:
    """A world on a database; `more` goes to the small world."""
    path = write_settings(folder, wechat_settings(folder, wechat), alipay_settings(folder, alipay))
    gateways = open_gateways(database, path, sandbox=False)
    world = await make_small_world(database, **more)
    return PayingWorld(
        await open_till(database), world, (await sign_in_as(database)).person, gateways, wechat, alipay
    )
