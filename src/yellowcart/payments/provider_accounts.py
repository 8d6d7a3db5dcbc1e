"""The merchant accounts of an installation, read from one TOML file (docs/settings.md, `YELLOWCART_PAYMENTS`).

Keys stay in files of their own beside it. They are read and tried when a process starts, so that a wrong one is
told to whoever starts it, not to the first buyer; and no secret is part of any text that these values have.
"""

import tomllib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificates

from yellowcart.payments.errors import ProviderSettingsError

API_V3_KEY_BYTES = 32
"""WeChat Pay's APIv3 key is an AES-256 key of 32 plain characters (微信支付 APIv3, APIv3 密钥)."""
TIMEOUT_S_MAX = 30
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class WechatAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merchant of WeChat Pay.

    With `public_key_file` and `public_key_id` answers are checked by the WeChat Pay public key, without them by
    the platform certificates, fetched and renewed. `app_secret` finds out who pays inside WeChat (JSAPI).
    """

    merchant_id: str
    app_id: str
    api_v3_key: str
    private_key_file: str
    certificate_serial: str
    public_key_file: str | None = None
    public_key_id: str | None = None
    app_secret: str | None = None
    products: tuple[Literal["native", "h5", "jsapi"], ...] = ("native", "h5")
    endpoint: str = "https://api.mch.weixin.qq.com"
    openid_endpoint: str = "https://api.weixin.qq.com"
    timeout_s: int = 10

    def __repr__(self) -> str:
        return f"WechatAccount(merchant_id={self.merchant_id!r}, app_id={self.app_id!r})"


class AlipayAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An app of Alipay. Answers are checked by `alipay_public_key_file`, or, in certificate mode, by the three
    certificate files together."""

    app_id: str
    private_key_file: str
    seller_id: str | None = None
    alipay_public_key_file: str | None = None
    app_certificate_file: str | None = None
    alipay_certificate_file: str | None = None
    alipay_root_certificate_file: str | None = None
    products: tuple[Literal["page", "wap"], ...] = ("page", "wap")
    endpoint: str = "https://openapi.alipay.com/gateway.do"
    timeout_s: int = 10

    def __repr__(self) -> str:
        return f"AlipayAccount(app_id={self.app_id!r})"


class ProviderAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the file may say. `address` is where buyers and providers reach this installation."""

    address: str = ""
    wechat: WechatAccount | None = None
    alipay: AlipayAccount | None = None


def read_accounts(path: Path | None) -> ProviderAccounts:
    """The accounts of a file, with the paths of its keys made absolute; nothing without a file.

    Raises ProviderSettingsError for a file, a key or a certificate that cannot be used.
    """
    if path is None:
        return ProviderAccounts()
    try:
        accounts = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ProviderAccounts)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ProviderSettingsError(f"{path}: {error}") from error
    accounts = msgspec.structs.replace(
        accounts,
        address=accounts.address.rstrip("/"),
        wechat=_beside(path, accounts.wechat),
        alipay=_beside(path, accounts.alipay),
    )
    if accounts.wechat is None and accounts.alipay is None:
        return accounts
    _require_web_address(path, "address", accounts.address)
    if accounts.wechat is not None:
        _require_wechat(path, accounts.wechat)
    if accounts.alipay is not None:
        _require_alipay(path, accounts.alipay)
    return accounts


def private_key_text(path: str) -> str:
    """An RSA private key as PKCS#8 PEM, whether the file has PKCS#1, PKCS#8 or the bare base64 of Alipay's tools.

    Raises ProviderSettingsError, which names the file and nothing of its content.
    """
    try:
        key = load_pem_private_key(_as_pem(path, "PRIVATE KEY"), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProviderSettingsError(f"{path}: no RSA private key without a password") from error
    if not isinstance(key, RSAPrivateKey):
        raise ProviderSettingsError(f"{path}: the private key is not of RSA")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key_text(path: str) -> str:
    """An RSA public key as PEM, from PEM or bare base64. Raises ProviderSettingsError."""
    try:
        key = load_pem_public_key(_as_pem(path, "PUBLIC KEY"))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ProviderSettingsError(f"{path}: no RSA public key") from error
    if not isinstance(key, RSAPublicKey):
        raise ProviderSettingsError(f"{path}: the public key is not of RSA")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_text(path: str) -> str:
    """One or more certificates as PEM, an empty line between each two and nothing else, however the file has them:
    Alipay's library tells the certificates of a chain apart by just that. Raises ProviderSettingsError."""
    try:
        certificates = load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ProviderSettingsError(f"{path}: no certificate") from error
    return "\n\n".join(each.public_bytes(Encoding.PEM).decode().strip() for each in certificates)


def _as_pem(path: str, kind: str) -> bytes:
    content = Path(path).read_bytes().strip()
    if content.startswith(b"-----"):
        return content + b"\n"
    return f"-----BEGIN {kind}-----\n".encode() + content + f"\n-----END {kind}-----\n".encode()


def _beside(path: Path, account: msgspec.Struct | None) -> object:
    """The account with its `…_file` fields made absolute: they stand relative to the file that names them."""
    if account is None:
        return None
    files = {
        name: str(path.parent.joinpath(value))
        for name, value in msgspec.structs.asdict(account).items()
        if name.endswith("_file") and value
    }
    return msgspec.structs.replace(account, **files)


def _require_wechat(path: Path, account: WechatAccount) -> None:
    _require_web_address(path, "wechat.endpoint", account.endpoint)
    _require_web_address(path, "wechat.openid_endpoint", account.openid_endpoint)
    _require_timeout(path, "wechat", account.timeout_s)
    private_key_text(account.private_key_file)
    if len(account.api_v3_key.encode()) != API_V3_KEY_BYTES:
        raise ProviderSettingsError(f"{path}: wechat.api_v3_key has not {API_V3_KEY_BYTES} characters")
    if (account.public_key_file is None) != (account.public_key_id is None):
        raise ProviderSettingsError(f"{path}: wechat.public_key_file and wechat.public_key_id belong together")
    if account.public_key_file is not None:
        public_key_text(account.public_key_file)
    if "jsapi" in account.products and not account.app_secret:
        raise ProviderSettingsError(f"{path}: wechat.products has jsapi, which needs wechat.app_secret")


def _require_alipay(path: Path, account: AlipayAccount) -> None:
    _require_web_address(path, "alipay.endpoint", account.endpoint)
    _require_timeout(path, "alipay", account.timeout_s)
    private_key_text(account.private_key_file)
    certificates = (
        account.app_certificate_file,
        account.alipay_certificate_file,
        account.alipay_root_certificate_file,
    )
    if account.alipay_public_key_file is not None and not any(certificates):
        public_key_text(account.alipay_public_key_file)
    elif account.alipay_public_key_file is None and all(certificates):
        for each in certificates:
            certificate_text(str(each))
    else:
        raise ProviderSettingsError(
            f"{path}: alipay needs either alipay_public_key_file or all three certificate files"
        )


def _require_timeout(path: Path, section: str, timeout_s: int) -> None:
    if not 1 <= timeout_s <= TIMEOUT_S_MAX:
        raise ProviderSettingsError(f"{path}: {section}.timeout_s lies between 1 and {TIMEOUT_S_MAX}")


def _require_web_address(path: Path, name: str, address: str) -> None:
    """https, or plain http to this very machine: money is not asked for over a line that anybody can read."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise ProviderSettingsError(f"{path}: {name} must be an https address")
