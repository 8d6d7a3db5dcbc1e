"""`yellowcart links …`: outside links from the command line."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from yellowcart.cli_links_simulate import simulate_notice
from yellowcart.kernel.outbound import INTERNET, Network
from yellowcart.kernel.outbound_errors import OutboundRefusal
from yellowcart.kernel.settings import patterns_folder
from yellowcart.links.added_patterns import Patterns, failed_examples, read_all_patterns
from yellowcart.links.follow import follow, leads_on
from yellowcart.links.found_link import FoundLink
from yellowcart.links.pattern_files import PatternFileError
from yellowcart.links.recognise import Recogniser

FOLLOWED_AT_ONCE: Final = 5
command = typer.Typer(help="Outside links.", no_args_is_help=True)


class Recognised(msgspec.Struct, frozen=True):
    """What was found in one line of text."""

    links: list[FoundLink]


@command.callback()
def links() -> None:
    """Outside links."""


command.command("simulate")(simulate_notice)


@command.command("recognise")
def recognise_lines(
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Follow short links over the network to the product they lead to.")
    ] = False,
) -> None:
    """Read texts from standard input, one a line, and print one JSON object a line: what each links to."""
    recogniser = patterns_or_exit(patterns_folder()).recogniser
    lines = (raw.decode("utf-8", "replace").rstrip("\r\n") for raw in sys.stdin.buffer)
    for line in lines:
        links = recogniser.recognise(line)
        if resolve:
            links = asyncio.run(followed(links, recogniser))
        sys.stdout.buffer.write(msgspec.json.encode(Recognised(links)) + b"\n")
        sys.stdout.buffer.flush()


@command.command("check-patterns")
def check_patterns(
    folder: Annotated[
        Path | None, typer.Argument(help="Your folder of patterns; YELLOWCART_PATTERNS when not given.")
    ] = None,
) -> None:
    """Check pattern files, the platform's own and those of a folder, and run all their examples."""
    patterns = patterns_or_exit(folder or patterns_folder())
    failed = [
        f"{file.file}: {fault}"
        for file in patterns.recogniser.files
        for fault in failed_examples(patterns.recogniser, file)
    ]
    for fault in failed:
        typer.echo(fault, err=True)
    if failed:
        raise typer.Exit(1)
    examples = sum(len(file.example) + len(file.nothing) for file in patterns.recogniser.files)
    typer.echo(f"{len(patterns.recogniser.files)} files, {examples} examples: all as they say.")
    for added in patterns.added:
        typer.echo(f"adds {added.source}: {added.name_zh} · {added.name_en} ({added.kind.value})")


def patterns_or_exit(folder: Path | None) -> Patterns:
    """The patterns with those of the folder; a wrong file ends the command with its name and fault."""
    try:
        return read_all_patterns(folder)
    except PatternFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


async def followed(links: list[FoundLink], recogniser: Recogniser, network: Network = INTERNET) -> list[FoundLink]:
    """The links, those that lead on replaced by the product they lead to. What is not found stays as it is."""

    async def product(link: FoundLink) -> FoundLink:
        if not leads_on(link):
            return link
        try:
            return await follow(link, recogniser, network) or link
        except (OutboundRefusal, TimeoutError):
            return link

    found: list[FoundLink] = []
    for beginning in range(0, len(links), FOLLOWED_AT_ONCE):
        some = links[beginning : beginning + FOLLOWED_AT_ONCE]
        found += await asyncio.gather(*map(product, some))
    return found
