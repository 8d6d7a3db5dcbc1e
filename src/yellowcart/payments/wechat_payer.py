"""Finding out who pays inside WeChat: the openid that JSAPI payments need.

WeChat's browser is sent to WeChat's own page and comes back with a code that is good once; the code buys the
openid (微信开放文档, 网页授权, scope snsapi_base: the payer is asked nothing). Nothing else is learnt of them.
"""

from urllib.parse import quote

import httpx
import msgspec
import structlog

from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.open_sessions import require_no_session
from yellowcart.payments.errors import PayerUnknown, ProviderSilent
from yellowcart.payments.provider_accounts import WechatAccount

AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
CODE_LENGTH_MAX = 128
log = structlog.get_logger()


class _Told(msgspec.Struct, frozen=True):
    openid: str = ""
    errcode: int = 0


class WechatPayer:
    """The way to an openid and back."""

    def __init__(self, account: WechatAccount, address: str) -> None:
        self._account = account
        self._address = address

    def authorize_address(self, path: str, token: str) -> str:
        """WeChat's page to which the payer is sent; it leads back to `path` of ours with a code and `token`."""
        back = quote(f"{self._address}{path}", safe="")
        return (
            f"{AUTHORIZE}?appid={quote(self._account.app_id)}&redirect_uri={back}"
            f"&response_type=code&scope=snsapi_base&state={quote(token)}#wechat_redirect"
        )

    async def openid_of(self, code: str) -> str:
        """The openid that a code is good for. Raises PayerUnknown (the code is wrong or used), ProviderSilent."""
        if not code or len(code) > CODE_LENGTH_MAX:
            raise PayerUnknown
        require_no_session("WeChat")
        try:
            async with httpx.AsyncClient(timeout=self._account.timeout_s) as client:
                answer = await client.get(
                    f"{self._account.openid_endpoint}/sns/oauth2/access_token",
                    params={
                        "appid": self._account.app_id,
                        "secret": self._account.app_secret or "",
                        "code": code,
                        "grant_type": "authorization_code",
                    },
                )
            answer.raise_for_status()
            told = msgspec.json.decode(answer.content, type=_Told)
        except (httpx.HTTPError, *JSON_UNREADABLE) as error:
            # Without its cause: the address that it names has the app's secret in it.
            log.warning("wechat.openid_silent", error=type(error).__name__)
            raise ProviderSilent from None
        if not told.openid:
            raise PayerUnknown
        return told.openid
