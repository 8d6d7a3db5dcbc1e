"""`yellowcart links …`: outside links from the command line."""

import sys
from collections.abc import Iterable, Iterator

import msgspec
import typer

from yellowcart.links.found_link import FoundLink
from yellowcart.links.recognise import recognise

command = typer.Typer(help="Outside links.", no_args_is_help=True)


class Recognised(msgspec.Struct, frozen=True):
    """What was found in one line of text."""

    links: list[FoundLink]


@command.callback()
def links() -> None:
    """Outside links."""


@command.command("recognise")
def recognise_lines() -> None:
    """Read texts from standard input, one a line, and print one JSON object a line: what each links to."""
    lines = (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)
    for answer in answers(lines):
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()


def answers(lines: Iterable[str]) -> Iterator[bytes]:
    """One JSON object for every line; places in the text count characters of the line without its end."""
    for line in lines:
        yield msgspec.json.encode(Recognised(recognise(line.rstrip("\r\n"))))
