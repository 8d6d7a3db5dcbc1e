"""The whole database: every folder's tables, and the migrations that make them."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData

from yellowcart.kernel.tables import metadata

FOLDERS_WITH_TABLES = (
    "accounts",
    "catalog",
    "links",
    "uploads",
    "alliance",
    "freight",
    "stage",
    "promotions",
    "conversions",
    "orders",
    "payments",
    "parcels",
    "aftersales",
    "reviews",
    "insight",
)


def whole_schema() -> MetaData:
    """The metadata of all tables of all folders."""
    for folder in FOLDERS_WITH_TABLES:
        import_module(f"yellowcart.{folder}.tables")
    return metadata


def alembic_configuration(url: str) -> Config:
    """Alembic's configuration for a database, without an ini file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    configuration.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return configuration


def migrate(url: str) -> None:
    """Bring a database to the newest schema. Safe to repeat, and with several processes at once."""
    command.upgrade(alembic_configuration(url), "head")
