"""Signed calls to Alipay, by the library `python-alipay-sdk`, and what its refusals mean.

The library signs requests (RSA2 over the sorted parameters) and checks the signature of answers, with Alipay's
public key or, in certificate mode, with the key of Alipay's certificate. What it does not do is done here: the
provider's address from the settings, Beijing's time on every request whatever zone the machine has, and one
meaning for every kind of failure.

Codes: 支付宝开放平台, 公共错误码 and 业务错误码 of alipay.trade.query, alipay.trade.close, alipay.trade.refund.
"""

import binascii
import http.client
import urllib.error
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from alipay import AliPay, DCAliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from alipay.utils import AliPayConfig
from OpenSSL.crypto import Error as CertificateUnusable

from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.payments.calls_in_threads import CallsInThreads
from yellowcart.payments.errors import ProviderRefused, ProviderSettingsError, ProviderSilent
from yellowcart.payments.model import ProviderMeaning
from yellowcart.payments.provider_accounts import (
    AlipayAccount,
    certificate_text,
    private_key_text,
    public_key_text,
)

OK = "10000"
MOMENT = "%Y-%m-%d %H:%M:%S"
"""How Alipay writes moments, all of them in Beijing's time."""
MEANINGS: dict[str, ProviderMeaning] = {
    "ACQ.TRADE_HAS_SUCCESS": ProviderMeaning.ALREADY_PAID,
    "ACQ.TRADE_HAS_CLOSE": ProviderMeaning.CLOSED,
    "ACQ.TRADE_STATUS_ERROR": ProviderMeaning.CLOSED,
    "ACQ.REASON_TRADE_STATUS_INVALID": ProviderMeaning.CLOSED,
    "ACQ.TRADE_NOT_EXIST": ProviderMeaning.NOT_THERE,
    "ACQ.CONTEXT_INCONSISTENT": ProviderMeaning.REFERENCE_USED,
    "ACQ.DISCORDANT_REPEAT_REQUEST": ProviderMeaning.REFERENCE_USED,
    "ACQ.SYSTEM_ERROR": ProviderMeaning.BROKEN,
    "AQC.SYSTEM_ERROR": ProviderMeaning.BROKEN,
    "SYSTEM_ERROR": ProviderMeaning.BROKEN,
    "ISP.UNKNOW-ERROR": ProviderMeaning.BROKEN,
    "AOP.UNKNOW-ERROR": ProviderMeaning.BROKEN,
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": ProviderMeaning.BALANCE_LOW,
    "ACQ.ACCESS_FORBIDDEN": ProviderMeaning.NOT_PERMITTED,
    "ACQ.MERCHANT_AGREEMENT_NOT_EXIST": ProviderMeaning.NOT_PERMITTED,
    "ACQ.MERCHANT_AGREEMENT_INVALID": ProviderMeaning.NOT_PERMITTED,
    "ISV.INVALID-SIGNATURE": ProviderMeaning.MISCONFIGURED,
    "ISV.INVALID-APP-ID": ProviderMeaning.MISCONFIGURED,
    "ACQ.PARTNER_ERROR": ProviderMeaning.MISCONFIGURED,
    "ISV.APP-CALL-LIMITED": ProviderMeaning.TOO_OFTEN,
    "ISP.CALL-LIMITED": ProviderMeaning.TOO_OFTEN,
    "ACQ.BEYOND_PAY_RESTRICTION": ProviderMeaning.OVER_LIMIT,
    "ACQ.TOTAL_FEE_EXCEED": ProviderMeaning.OVER_LIMIT,
    "ACQ.BUYER_ERROR": ProviderMeaning.PAYER_UNABLE,
    "ACQ.USER_NOT_MATCH_ERR": ProviderMeaning.PAYER_UNABLE,
}
_BY_CODE: dict[str, ProviderMeaning] = {
    "20000": ProviderMeaning.BROKEN,
    "20001": ProviderMeaning.MISCONFIGURED,
    "40005": ProviderMeaning.TOO_OFTEN,
    "40006": ProviderMeaning.NOT_PERMITTED,
}
_BELIEVED_UNSIGNED = frozenset(
    {
        ProviderMeaning.BROKEN,
        ProviderMeaning.TOO_OFTEN,
        ProviderMeaning.MISCONFIGURED,
        ProviderMeaning.NOT_PERMITTED,
    }
)
"""Failures of Alipay's front, which it does not sign: nothing about money follows from any of them."""
log = structlog.get_logger()


class _InBeijing:
    """Puts Beijing's time on requests; the library takes the machine's, of whatever zone."""

    def build_body(self, method: str, biz_content: Any = None, **more: Any) -> Any:
        """The parameters of a request."""
        now = clock.system_now().astimezone(SHANGHAI).strftime(MOMENT)
        return super().build_body(method, biz_content, **({"timestamp": now} | more))  # type: ignore[misc]


class _ByKey(_InBeijing, AliPay):  # type: ignore[misc]
    """An app whose answers are checked by Alipay's public key."""


class _ByCertificate(_InBeijing, DCAliPay):  # type: ignore[misc]
    """An app whose answers are checked by Alipay's certificate."""


def _app_of(account: AlipayAccount) -> Any:
    """The library's client, which has read everything of its certificates. Raises ProviderSettingsError."""
    try:
        app = _untried_app(account)
        if account.alipay_public_key_file is None and not (app.app_cert_sn and app.alipay_root_cert_sn):
            raise ProviderSettingsError("alipay: the root certificates have no RSA signature among them")
    except (CertificateUnusable, ValueError, IndexError, TypeError) as error:
        raise ProviderSettingsError("alipay: the keys or certificates cannot be used") from error
    app._gateway = account.endpoint
    app._config = AliPayConfig(timeout=account.timeout_s)
    return app


def _untried_app(account: AlipayAccount) -> Any:
    private_key = private_key_text(account.private_key_file)
    if account.alipay_public_key_file is not None:
        return _ByKey(
            appid=account.app_id,
            app_private_key_string=private_key,
            alipay_public_key_string=public_key_text(account.alipay_public_key_file),
        )
    return _ByCertificate(
        appid=account.app_id,
        app_private_key_string=private_key,
        app_public_key_cert_string=certificate_text(str(account.app_certificate_file)),
        alipay_public_key_cert_string=certificate_text(str(account.alipay_certificate_file)),
        alipay_root_cert_string=certificate_text(str(account.alipay_root_certificate_file)),
    )


class AlipayCalls:
    """Calls to Alipay that end in time, with answers that are believed or refused. `app` is the library's client;
    it is made at once, so that keys and certificates that it cannot use are told at the start. Raises
    ProviderSettingsError."""

    def __init__(self, account: AlipayAccount) -> None:
        self.app = _app_of(account)
        self._threads = CallsInThreads(seconds_max=2 * account.timeout_s)

    async def ask(self, call: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """A call's good answer. Raises ProviderSilent, ProviderRefused."""
        try:
            told = await self._threads.run(lambda: call(self.app))
        except AliPayException as error:
            raise _refusal_unsigned(error) from error
        except (AliPayValidationError, binascii.Error) as error:
            log.error("alipay.answer_not_believed")  # noqa: TRY400 - a trace could show keys
            raise ProviderSilent from error
        except ProviderSilent:
            log.warning("alipay.silent", error="too slow")
            raise
        except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
            log.warning("alipay.silent", error=type(error).__name__)
            raise ProviderSilent from error
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            # What is no JSON, or of another form, makes the library stumble.
            log.warning("alipay.answer_unreadable", error=type(error).__name__)
            raise ProviderSilent from error
        if not isinstance(told, dict):
            raise ProviderSilent
        if told.get("code") == OK:
            return told
        raise _refusal(str(told.get("code", "")), str(told.get("sub_code", "")), str(told.get("sub_msg", "")))


def _refusal(code: str, sub_code: str, said: str) -> ProviderRefused:
    meaning = MEANINGS.get(sub_code.upper()) or _BY_CODE.get(code) or ProviderMeaning.INVALID
    if meaning is not ProviderMeaning.NOT_THERE:
        log.warning("alipay.refused", code=code, sub_code=sub_code, meaning=meaning.value)
    return ProviderRefused(meaning, sub_code or code, said)


def _refusal_unsigned(error: AliPayException) -> ProviderRefused | ProviderSilent:
    """The library hands over an answer without a signature whole, as the text of its error."""
    try:
        whole = msgspec.json.decode(getattr(error, "_AliPayException__message", ""), type=dict[str, Any])
    except (*JSON_UNREADABLE, TypeError):
        return ProviderSilent()
    told = next((each for each in whole.values() if isinstance(each, dict)), {})
    refused = _refusal(str(told.get("code", "")), str(told.get("sub_code", "")), str(told.get("sub_msg", "")))
    return refused if refused.meaning in _BELIEVED_UNSIGNED else ProviderSilent()
