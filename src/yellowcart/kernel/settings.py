"""What an installation can be told from outside, read once from the environment."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process. Every field has its heading in docs/settings.md."""

    home: Path
    """Folder for what the installation keeps on disk: the embedded database, pictures, the demo stream."""

    database_url: str | None
    """libpq URL of a PostgreSQL 16 or newer; None starts the embedded one under `home`."""

    secret: str = field(repr=False)
    """Signs buyer tokens, cursors and CSRF tokens. All processes of an installation share it."""

    demo: bool
    """The demo world: its clock can be moved, its accounts are shown on the login page."""

    secure_cookies: bool
    """Cookies travel only over https. Off only for a plain-http installation on a loopback address."""

    behind_proxy: bool
    """Requests come through a reverse proxy of ours, whose `X-Forwarded-For` tells from where."""

    pool_size: int
    """Database connections that one process may open, besides those of its lanes."""

    log_format: str
    """`console` for people, `json` for machines."""

    resolve_short_links: bool = False
    """Short links that creators paste are followed to the product, over the network."""

    patterns: Path | None = None
    """Folder with the operator's own link patterns, besides those that come with the platform."""

    uploads_url: str | None = None
    """Where files that people bring are kept: `s3://bucket/prefix`; None for the folder `uploads` below `home`."""

    payments: Path | None = None
    """File with the merchant accounts at payment providers; None where there are none."""

    sandbox: bool = False
    """The sandbox bank, in which no money moves, is offered beside real providers too."""

    world: str = "kuaishou_2022"
    """Which demo world is shown, by the name of its file; nothing outside the demo reads it."""


def read_settings() -> Settings:
    """The settings as the environment has them now; missing ones get the defaults of docs/settings.md."""
    home = Path(os.environ.get("YELLOWCART_HOME", "var")).resolve()
    return Settings(
        home=home,
        database_url=os.environ.get("DATABASE_URL") or None,
        secret=os.environ.get("YELLOWCART_SECRET") or _kept_secret(home),
        demo=_flag("YELLOWCART_DEMO", default=False),
        secure_cookies=_flag("YELLOWCART_SECURE_COOKIES", default=not _flag("YELLOWCART_DEMO", default=False)),
        behind_proxy=_flag("YELLOWCART_BEHIND_PROXY", default=False),
        pool_size=int(os.environ.get("YELLOWCART_POOL_SIZE", "8")),
        log_format=os.environ.get("YELLOWCART_LOG_FORMAT", "console"),
        resolve_short_links=_flag("YELLOWCART_RESOLVE_SHORT_LINKS", default=False),
        patterns=patterns_folder(),
        uploads_url=os.environ.get("YELLOWCART_UPLOADS_URL") or None,
        payments=payment_settings()[0],
        sandbox=payment_settings()[1],
        world=os.environ.get("YELLOWCART_WORLD") or Settings.world,
    )


def payment_settings() -> tuple[Path | None, bool]:
    """The file of `YELLOWCART_PAYMENTS`, and whether the sandbox bank is offered in any case."""
    accounts = os.environ.get("YELLOWCART_PAYMENTS")
    demo = _flag("YELLOWCART_DEMO", default=False)
    return (Path(accounts).resolve() if accounts else None), _flag("YELLOWCART_SANDBOX", default=demo)


def patterns_folder() -> Path | None:
    """The folder of `YELLOWCART_PATTERNS`, for commands that need no other setting."""
    folder = os.environ.get("YELLOWCART_PATTERNS")
    return Path(folder) if folder else None


def _flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    return value.strip().lower() in {"1", "true", "yes", "on"}


def _kept_secret(home: Path) -> str:
    """A secret made once and kept beside the data, readable by its owner alone."""
    path = home / "secret"
    home.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
