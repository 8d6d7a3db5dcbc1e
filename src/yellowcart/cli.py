"""The `yellowcart` command."""

import os
import sys
import warnings
from typing import Annotated

import typer

# The wheel that carries PostgreSQL warns about a missing XDG_RUNTIME_DIR on servers; nothing depends on it.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")

from yellowcart.kernel.settings import read_settings  # noqa: E402 - after the filter, on purpose
from yellowcart.platform import database_url  # noqa: E402
from yellowcart.schema import migrate as migrate_database  # noqa: E402

command = typer.Typer(
    help="Yellowcart: a commerce platform for live streams and short videos.",
    no_args_is_help=True,
    add_completion=False,
)


@command.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    migrate_database(database_url(read_settings()))


@command.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve pages, API and the hot lanes."""
    url = database_url(read_settings())
    os.environ["DATABASE_URL"] = url
    os.execv(  # noqa: S606 - our own interpreter, our own arguments
        sys.executable,
        [
            sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", host,
            "--port", str(port), "--http", "1", "--no-ws", "--loop", "uvloop", "--backlog", "4096",
            "--backpressure", "4096", "--log-level", "warning", "yellowcart.app:create_application",
        ],
    )  # fmt: skip


def main() -> None:
    """Entry of the installed command."""
    command()


if __name__ == "__main__":
    main()
