"""The file of payment providers: what it may say, and that a wrong one is told at the start, without a secret."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.payments.alipay_server import AlipayServer
from tests.payments.paying import PayingWorld, alipay_settings, wechat_settings, write_settings
from tests.payments.provider_keys import key_pair
from tests.payments.wechat_server import API_V3_KEY, WechatServer
from yellowcart.kernel.database import Database
from yellowcart.payments.errors import MethodNotOffered, ProviderSettingsError
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.provider_accounts import private_key_text, read_accounts
from yellowcart.payments.providers import open_gateways
from yellowcart.payments.rules import Device, device_of, methods_for


def test_without_a_file_there_are_no_accounts(tmp_path: Path) -> None:
    assert read_accounts(None).wechat is None
    with pytest.raises(ProviderSettingsError):
        read_accounts(tmp_path / "payments.toml")


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_v3_key": "short"},
        {"private_key_file": "none.pem"},
        {"private_key_file": "pub_key.pem"},
        {"public_key_file": None},
        {"public_key_file": "apiclient_key.pem"},
        {"app_secret": None},
        {"endpoint": "http://api.mch.weixin.qq.com"},
        {"endpoint": "ftp://127.0.0.1"},
        {"timeout_s": 0},
        {"timeout_s": 3_600},
        {"products": ["native", "app"]},
        {"merchant_id": 7},
        {"merchant_idd": "7"},
    ],
)
def test_a_wrong_wechat_account_is_refused_without_telling_its_secrets(
    tmp_path: Path, wechat: WechatServer, wrong: dict[str, object]
) -> None:
    path = write_settings(tmp_path, wechat_settings(tmp_path, wechat, **wrong))
    with pytest.raises(ProviderSettingsError) as refused:
        read_accounts(path)
    assert "payments.toml" in str(refused.value) or ".pem" in str(refused.value)
    assert API_V3_KEY not in str(refused.value)
    assert "PRIVATE KEY" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [{"alipay_public_key_file": None}, {"app_certificate_file": "app.crt"}, {"endpoint": "nowhere"}]
)
def test_a_wrong_alipay_account_is_refused(tmp_path: Path, alipay: AlipayServer, wrong: dict[str, object]) -> None:
    path = write_settings(tmp_path, alipay_settings(tmp_path, alipay, **wrong))  # type: ignore[arg-type]
    with pytest.raises(ProviderSettingsError):
        read_accounts(path)


def test_real_accounts_need_the_address_of_the_installation(tmp_path: Path, wechat: WechatServer) -> None:
    path = write_settings(tmp_path, wechat_settings(tmp_path, wechat), address="http://shop.example")
    with pytest.raises(ProviderSettingsError):
        read_accounts(path)


def test_no_secret_stands_in_what_an_account_says_of_itself(
    tmp_path: Path, wechat: WechatServer, alipay: AlipayServer
) -> None:
    path = write_settings(tmp_path, wechat_settings(tmp_path, wechat), alipay_settings(tmp_path, alipay))
    told = repr(read_accounts(path))
    assert API_V3_KEY not in told
    assert "a secret of the app" not in told


def test_private_keys_are_read_in_every_form_that_providers_hand_out(tmp_path: Path) -> None:
    key = key_pair("merchant").key
    forms = [
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
    ]
    texts = set()
    for number, form in enumerate(forms):
        (tmp_path / f"{number}.pem").write_bytes(form)
        texts.add(private_key_text(str(tmp_path / f"{number}.pem")))
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("between", "behind"),
    [("\n\n", "\n\n\n"), ("\n", "\n"), ("\n\n\n\n", ""), ("\n# the next\n", "\n"), ("\r\n", "\r\n")],
)
async def test_a_chain_of_root_certificates_is_read_however_its_lines_end(
    paying: PayingWorld, tmp_path: Path, between: str, behind: str
) -> None:
    chain = [key_pair(name).certificate_pem.strip() for name in ("root", "alipay platform")]
    settings = alipay_settings(tmp_path, paying.alipay, by_certificate=True)
    path = write_settings(tmp_path, wechat_settings(tmp_path, paying.wechat), settings)
    text = between.join(chain) + behind
    text = text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r" in between else text
    (tmp_path / "root.crt").write_bytes(text.encode())
    paying.gateways = open_gateways(paying.database, path, sandbox=False)
    await paying.paid(PaymentMethod.ALIPAY_PAGE)
    ((_, root_numbers),) = paying.alipay.certificate_fields
    assert root_numbers is not None
    assert len(root_numbers.split("_")) == 2


async def test_certificates_that_alipays_library_cannot_use_are_told_at_the_start(
    database: Database, tmp_path: Path, alipay: AlipayServer
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "no RSA")])
    day = datetime(2022, 1, 1, tzinfo=UTC)
    draft = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + timedelta(days=9_999))
    path = write_settings(tmp_path, alipay_settings(tmp_path, alipay, by_certificate=True))
    pem = draft.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (tmp_path / "root.crt").write_bytes(pem)
    with pytest.raises(ProviderSettingsError):
        open_gateways(database, path, sandbox=False)


async def test_the_sandbox_is_offered_only_where_nothing_real_is_or_where_it_is_wanted(
    database: Database, tmp_path: Path, alipay: AlipayServer
) -> None:
    assert open_gateways(database, None, sandbox=False).offered == (PaymentMethod.SANDBOX,)
    path = write_settings(tmp_path, alipay_settings(tmp_path, alipay))
    real = open_gateways(database, path, sandbox=False)
    assert real.offered == (PaymentMethod.ALIPAY_PAGE, PaymentMethod.ALIPAY_WAP)
    with pytest.raises(MethodNotOffered):
        real.taking(PaymentMethod.SANDBOX)
    assert real.of("sandbox").name == "sandbox", "its payments of before are still asked for"
    assert PaymentMethod.SANDBOX in open_gateways(database, path, sandbox=True).offered


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36", Device.COMPUTER),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", Device.PHONE),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120", Device.PHONE),
        ("Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/8.0.40", Device.WECHAT),
        ("", Device.COMPUTER),
    ],
)
def test_a_browser_is_known_by_how_it_names_itself(agent: str, device: Device) -> None:
    assert device_of(agent) is device


def test_a_cashier_offers_what_suits_and_everything_where_nothing_does() -> None:
    everything = tuple(PaymentMethod)
    assert methods_for(Device.WECHAT, everything) == [PaymentMethod.WECHAT_JSAPI, PaymentMethod.SANDBOX]
    assert PaymentMethod.WECHAT_NATIVE not in methods_for(Device.PHONE, everything)
    assert methods_for(Device.WECHAT, (PaymentMethod.ALIPAY_WAP,)) == [PaymentMethod.ALIPAY_WAP]
    assert methods_for(Device.PHONE, (PaymentMethod.SANDBOX,)) == [PaymentMethod.SANDBOX]
