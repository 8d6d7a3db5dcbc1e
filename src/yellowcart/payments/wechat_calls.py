"""Signed calls to WeChat Pay, by the library `wechatpayv3`, and what its refusals mean.

The library signs requests (Authorization WECHATPAY2-SHA256-RSA2048), checks the signature of every good answer by
the WeChat Pay public key or the platform certificates, and unlocks notifications (AEAD_AES_256_GCM). What it does
not do is done here: an address of the provider that settings choose, certificates that are fetched when they are
first needed and never thrown away before newer ones are there, and a bound on how often a stranger's serial number
can make us ask for them.

Codes: 微信支付 APIv3, 业务错误码 of Native 下单, 商户订单号查询订单, 关闭订单, 申请退款, 申请交易账单.
"""

import copy
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgspec
import requests
import structlog
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.open_sessions import CalledWithinSession
from yellowcart.payments.calls_in_threads import CallsInThreads
from yellowcart.payments.errors import ProviderRefused, ProviderSilent
from yellowcart.payments.model import ProviderMeaning
from yellowcart.payments.provider_accounts import WechatAccount, private_key_text, public_key_text

CONNECT_S_MAX = 3
ASK_FOR_CERTIFICATES_EVERY_S = 60.0
"""A serial number that nobody knows makes us ask for certificates, and no more often than this."""

Answer = tuple[int, str | bytes]
"""HTTP status and body, as the library answers."""

MEANINGS: dict[str, ProviderMeaning] = {
    "ORDERPAID": ProviderMeaning.ALREADY_PAID,
    "ORDER_PAID": ProviderMeaning.ALREADY_PAID,
    "OUT_TRADE_NO_USED": ProviderMeaning.REFERENCE_USED,
    "ORDER_CLOSED": ProviderMeaning.CLOSED,
    "ORDERCLOSED": ProviderMeaning.CLOSED,
    "ORDER_NOT_EXIST": ProviderMeaning.NOT_THERE,
    "ORDERNOTEXIST": ProviderMeaning.NOT_THERE,
    "RESOURCE_NOT_EXISTS": ProviderMeaning.NOT_THERE,
    "FREQUENCY_LIMITED": ProviderMeaning.TOO_OFTEN,
    "SYSTEM_ERROR": ProviderMeaning.BROKEN,
    "SYSTEMERROR": ProviderMeaning.BROKEN,
    "BANKERROR": ProviderMeaning.BROKEN,
    "NOT_ENOUGH": ProviderMeaning.BALANCE_LOW,
    "NOTENOUGH": ProviderMeaning.BALANCE_LOW,
    "NO_AUTH": ProviderMeaning.NOT_PERMITTED,
    "NOAUTH": ProviderMeaning.NOT_PERMITTED,
    "SIGN_ERROR": ProviderMeaning.MISCONFIGURED,
    "APPID_MCHID_NOT_MATCH": ProviderMeaning.MISCONFIGURED,
    "MCH_NOT_EXISTS": ProviderMeaning.MISCONFIGURED,
    "RULE_LIMIT": ProviderMeaning.OVER_LIMIT,
    "RULELIMIT": ProviderMeaning.OVER_LIMIT,
    "USER_ACCOUNT_ABNORMAL": ProviderMeaning.PAYER_UNABLE,
    "OPENID_MISMATCH": ProviderMeaning.PAYER_UNABLE,
    "PARAM_ERROR": ProviderMeaning.INVALID,
    "INVALID_REQUEST": ProviderMeaning.INVALID,
    "TRADE_ERROR": ProviderMeaning.INVALID,
}
log = structlog.get_logger()


class _Signing(Core):  # type: ignore[misc]
    """The library's signing and checking, at the address of an account."""

    def __init__(self, account: WechatAccount) -> None:
        self._certificates: list[Any] = []
        self._certificates_lock = threading.Lock()
        self._asked_at = -ASK_FOR_CERTIFICATES_EVERY_S
        super().__init__(
            mchid=account.merchant_id,
            cert_serial_no=account.certificate_serial,
            private_key=private_key_text(account.private_key_file),
            apiv3_key=account.api_v3_key,
            timeout=(CONNECT_S_MAX, account.timeout_s),
            public_key=public_key_text(account.public_key_file) if account.public_key_file else None,
            public_key_id=account.public_key_id,
        )
        self._gate_way = account.endpoint

    def _init_certificates(self) -> None:
        """Nothing: the first answer that has to be checked fetches them, not the start of a process."""

    def _update_certificates(self) -> None:
        with self._certificates_lock:
            if time.monotonic() - self._asked_at < ASK_FOR_CERTIFICATES_EVERY_S:
                return
            self._asked_at = time.monotonic()
            # On a copy: other threads go on checking by the certificates that they have.
            fetching = copy.copy(self)
            fetching._certificates = []
            Core._update_certificates(fetching)
            self._certificates = fetching._certificates or self._certificates


class _Client(WeChatPay):  # type: ignore[misc]
    """The library's calls, through `_Signing`."""

    def __init__(self, account: WechatAccount, notify_url: str) -> None:
        self._type = WeChatPayType.NATIVE
        self._mchid = account.merchant_id
        self._appid = account.app_id
        self._notify_url = notify_url
        self._core = _Signing(account)
        self._partner_mode = False


class WechatCalls:
    """Calls to WeChat Pay that end in time, with answers that are believed or refused."""

    def __init__(self, account: WechatAccount, notify_url: str) -> None:
        self._account = account
        self._notify_url = notify_url
        # Checking the first answer may fetch certificates as well: two calls in a row.
        self._threads = CallsInThreads(seconds_max=2 * (CONNECT_S_MAX + account.timeout_s))

    @cached_property
    def client(self) -> Any:
        """The library's client."""
        return _Client(self._account, self._notify_url)

    async def ask(self, call: Callable[[Any], Answer]) -> Any:
        """The JSON of a call's good answer. Raises ProviderSilent, ProviderRefused."""
        status, body = await self.fetch(call)
        if status == 204 or not body:
            return {}
        try:
            return msgspec.json.decode(body)
        except JSON_UNREADABLE as error:
            log.warning("wechat.answer_unreadable", status=status)
            raise ProviderSilent from error

    async def fetch(self, call: Callable[[Any], Answer]) -> Answer:
        """A call's good answer as it came. Raises ProviderSilent, ProviderRefused."""
        try:
            status, body = await self._threads.run(lambda: call(self.client))
        except requests.RequestException as error:
            log.warning("wechat.silent", error=type(error).__name__)
            raise ProviderSilent from error
        except ProviderSilent:
            log.warning("wechat.silent", error="too slow")
            raise
        except CalledWithinSession:
            raise
        except Exception as error:
            # The library says with a bare Exception that a signature does not hold.
            log.error("wechat.answer_not_believed", error=str(error)[:200])  # noqa: TRY400 - a trace could show keys
            raise ProviderSilent from error
        if 200 <= status < 300:
            return status, body
        raise refusal_of(status, body)

    async def run(self, call: Callable[[Any], Any]) -> Any:
        """Something of the library's that may ask for certificates, in a thread. Raises whatever it raises."""
        return await self._threads.run(lambda: call(self.client))


class _ErrorBody(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


def refusal_of(status: int, body: str | bytes) -> ProviderSilent | ProviderRefused:
    """What an answer other than 2xx means. One that is not of WeChat Pay's form comes from something between."""
    try:
        told = msgspec.json.decode(body, type=_ErrorBody)
    except JSON_UNREADABLE:
        log.warning("wechat.error_page", status=status)
        return ProviderSilent()
    meaning = MEANINGS.get(told.code) or _by_status(status)
    if meaning is not ProviderMeaning.NOT_THERE:
        log.warning("wechat.refused", status=status, code=told.code, meaning=meaning.value)
    return ProviderRefused(meaning, told.code, told.message)


def _by_status(status: int) -> ProviderMeaning:
    """A code that we do not know. That something is not there is believed of the codes alone that say so: a 404
    may come from anything between, and whoever believes it gives money back a second time."""
    if status >= 500 or status == 404:
        return ProviderMeaning.BROKEN
    return {
        401: ProviderMeaning.MISCONFIGURED,
        403: ProviderMeaning.NOT_PERMITTED,
        429: ProviderMeaning.TOO_OFTEN,
    }.get(status, ProviderMeaning.INVALID)
