"""The `yellowcart` command."""

import asyncio
import os
import warnings
from typing import Annotated

import typer

# The wheel that carries PostgreSQL warns about a missing XDG_RUNTIME_DIR on servers; nothing depends on it.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")

from yellowcart import cli_import, cli_links  # noqa: E402 - after the filter, on purpose
from yellowcart.accounts.model import Person  # noqa: E402
from yellowcart.beginnings import begin as begin_installation  # noqa: E402
from yellowcart.demo.accounts import UnknownWorld, demo_world  # noqa: E402
from yellowcart.demo.crowd import run_crowd  # noqa: E402
from yellowcart.demo.media import stream_folder  # noqa: E402
from yellowcart.demo.prepare import NotADemo, OtherWorld, prepare_database  # noqa: E402
from yellowcart.demo.sample_stream import forget_drafts, make_sample_stream  # noqa: E402
from yellowcart.demo.supervise import run_demo  # noqa: E402
from yellowcart.kernel.database import Database  # noqa: E402
from yellowcart.kernel.errors import InvalidFields, Refusal  # noqa: E402
from yellowcart.kernel.journal import start_journal  # noqa: E402
from yellowcart.kernel.settings import Settings, read_settings  # noqa: E402
from yellowcart.kernel.translation import Locale  # noqa: E402
from yellowcart.platform import database_url  # noqa: E402
from yellowcart.schema import migrate as migrate_database  # noqa: E402
from yellowcart.serving import server_command  # noqa: E402
from yellowcart.worker import run_worker  # noqa: E402

command = typer.Typer(
    help="Yellowcart 小黄车: a commerce platform for live streams and short videos.",
    no_args_is_help=True,
    add_completion=False,
)
command.add_typer(cli_links.command, name="links")
command.command("import")(cli_import.import_file)
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)]


@command.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    migrate_database(database_url(read_settings()))


@command.command()
def serve(
    port: Port = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Web processes, at most one for each core.", min=1, max=16)] = 1,
) -> None:
    """Serve pages, API and the hot lanes."""
    settings = read_settings()
    cli_links.patterns_or_exit(settings.patterns)
    os.environ["DATABASE_URL"] = database_url(settings)
    granian = server_command(host=host, port=port, demo=settings.demo, workers=workers)
    os.execv(granian[0], granian)  # noqa: S606 - our own interpreter, our own arguments


@command.command()
def worker() -> None:
    """Run what happens by itself: timers, enforcement of link rules, events. Until SIGTERM."""
    settings = read_settings()
    cli_links.patterns_or_exit(settings.patterns)
    start_journal(settings.log_format, process="worker")
    asyncio.run(run_worker(settings))


@command.command()
def begin(
    login: Annotated[str, typer.Option(help="Login name of the first operator.", prompt=True)],
    name: Annotated[str, typer.Option(help="Their name.", prompt=True)],
    password: Annotated[
        str, typer.Option(help="Asked for when not given.", prompt=True, hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Give a migrated, empty installation its sources, its categories and its first operator."""
    try:
        person = asyncio.run(_begin(login, name, password))
    except InvalidFields as refusal:
        for field, text in refusal.fields(Locale.ENGLISH).items():
            typer.echo(f"{field}: {text}", err=True)
        raise typer.Exit(1) from None
    except Refusal as refusal:
        typer.echo(refusal.text(Locale.ENGLISH), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{person.login} is the operator of this installation.")


async def _begin(login: str, name: str, password: str) -> Person:
    database = Database(database_url(read_settings()), pool_size=2)
    await database.open()
    try:
        return await begin_installation(database, login=login, name=name, password=password)
    finally:
        await database.close()


@command.command()
def demo(
    port: Port = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove the demo's data and start over.")] = False,
    world: Annotated[
        str, typer.Option(envvar="YELLOWCART_WORLD", help="kuaishou_2022 or douyin_2020.")
    ] = Settings.world,
) -> None:
    """启动演示世界 · Start the platform with a demo world; Ctrl-C stops it and keeps its data."""
    raise typer.Exit(run_demo(port=port, fresh=fresh, world=world))


@command.command()
def seed() -> None:
    """Write the demo world of YELLOWCART_WORLD into an empty database; one that holds it is left as it is."""
    settings = read_settings()
    try:
        asyncio.run(prepare_database(database_url(settings), settings, typer.echo, fresh=False))
    except (NotADemo, OtherWorld, UnknownWorld) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@command.command()
def crowd(
    url: Annotated[str, typer.Option(help="Where the platform is.")] = "http://127.0.0.1:8000",
    seed: Annotated[int, typer.Option(help="The same seed behaves the same.")] = 1,
    people: Annotated[int, typer.Option(help="Viewers in the crowd.", min=1, max=60)] = 60,
    intensity: Annotated[float, typer.Option(help="1 is about 4 requests a second.", min=0.05, max=20)] = 1.0,
) -> None:
    """Send a simulated crowd of viewers, creators and merchants to a demo, over HTTP. Until SIGTERM."""
    start_journal("console", process="crowd")
    settings = read_settings()
    world = demo_world(settings.world)
    asyncio.run(run_crowd(url, world=world, seed=seed, people=people, intensity=intensity, secret=settings.secret))


@command.command(hidden=True)
def sample_stream() -> None:
    """Make the sample stream of the demo's rooms, unless it is there."""
    os.nice(10)
    folder = stream_folder(read_settings())
    forget_drafts(folder)  # the demo holds its home's lock: nobody else makes it now
    make_sample_stream(folder)


def main() -> None:
    """Entry of the installed command."""
    command()


if __name__ == "__main__":
    main()
