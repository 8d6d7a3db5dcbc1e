"""The payment providers of an installation: which there are, and what they offer.

A payment remembers its gateway by name and is asked there for ever, also when the cashier offers it no more.
"""

from pathlib import Path
from weakref import WeakKeyDictionary

import structlog

from yellowcart.kernel.database import Database
from yellowcart.kernel.settings import payment_settings
from yellowcart.payments.alipay import AlipayGateway
from yellowcart.payments.errors import MethodNotOffered, ProviderSilent
from yellowcart.payments.gateway import PaymentGateway
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.provider_accounts import ProviderAccounts, read_accounts
from yellowcart.payments.sandbox import SandboxGateway
from yellowcart.payments.wechat import WechatGateway
from yellowcart.payments.wechat_payer import WechatPayer

log = structlog.get_logger()


class RealProviders:
    """The real gateways of a process. They hold keys and threads, and know nothing of the database."""

    def __init__(self, accounts: ProviderAccounts, *, sandbox: bool) -> None:
        self.gateways: list[PaymentGateway] = []
        self.wechat_payer: WechatPayer | None = None
        if accounts.alipay is not None:
            self.gateways.append(AlipayGateway(accounts.alipay, accounts.address))
        if accounts.wechat is not None:
            self.gateways.append(WechatGateway(accounts.wechat, accounts.address))
            if accounts.wechat.app_secret:
                self.wechat_payer = WechatPayer(accounts.wechat, accounts.address)
        self.sandbox_is_offered = sandbox or not self.gateways


class Gateways:
    """Every gateway of an installation, by name.

    The sandbox is always there for the payments that it has, and offered where nothing real is configured or the
    settings ask for it: nobody pays a real shop with it.
    """

    def __init__(self, database: Database, providers: RealProviders) -> None:
        self.sandbox = SandboxGateway(database)
        self.sandbox_is_offered = providers.sandbox_is_offered
        self.wechat_payer = providers.wechat_payer
        self.real = {gateway.name: gateway for gateway in providers.gateways}
        offering: list[PaymentGateway] = (
            [*providers.gateways, self.sandbox] if self.sandbox_is_offered else providers.gateways
        )
        self._by_method = {method: gateway for gateway in offering for method in gateway.methods}
        self._by_name: dict[str, PaymentGateway] = {self.sandbox.name: self.sandbox, **self.real}
        self.names = tuple(gateway.name for gateway in offering)
        """The gateways that the cashier offers."""

    @property
    def offered(self) -> tuple[PaymentMethod, ...]:
        """Every way to pay that the cashier may offer."""
        return tuple(self._by_method)

    def of(self, name: str) -> PaymentGateway:
        """The gateway that a payment remembers. Raises ProviderSilent when its account was taken from the
        settings: what became of the payment cannot be known until it is back."""
        gateway = self._by_name.get(name)
        if gateway is None:
            log.warning("payments.provider_gone", provider=name)
            raise ProviderSilent
        return gateway

    def taking(self, method: PaymentMethod | None) -> tuple[PaymentMethod, PaymentGateway]:
        """The gateway for a new payment by a method, by the first that is offered where none is named. Raises
        MethodNotOffered."""
        chosen = method or next(iter(self._by_method))
        gateway = self._by_method.get(chosen)
        if gateway is None:
            raise MethodNotOffered
        return chosen, gateway


_of_database: "WeakKeyDictionary[Database, RealProviders]" = WeakKeyDictionary()


def open_gateways(database: Database, accounts_file: Path | None, *, sandbox: bool) -> Gateways:
    """The gateways of a process, as its settings say; sweeps on this database use them too. Raises
    ProviderSettingsError."""
    providers = RealProviders(read_accounts(accounts_file), sandbox=sandbox)
    _of_database[database] = providers
    return Gateways(database, providers)


def gateways_of(database: Database) -> Gateways:
    """The gateways for who has only the database, such as a sweep: the process's own, or by the environment."""
    known = _of_database.get(database)
    if known is not None:
        return Gateways(database, known)
    accounts_file, sandbox = payment_settings()
    return open_gateways(database, accounts_file, sandbox=sandbox)
