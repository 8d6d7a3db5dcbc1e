"""What the demo prints names accounts that there are, and leads to every console that there is."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from yellowcart.demo.accounts import demo_accounts, demo_world
from yellowcart.demo.board import BUYER, ROLES, STORIES, board
from yellowcart.demo.world_file import world_names

LOGIN = re.compile(r"[(（]([a-z_]+)[)）]")
CONSOLES = {"/", "/creator", "/merchant", "/carrier", "/operator", "/operator/arbitration"}


def test_every_world_has_its_stories() -> None:
    assert set(STORIES) == set(world_names())


@pytest.mark.parametrize("key", sorted(STORIES))
def test_stories_name_accounts_that_are_offered_in_both_languages(key: str) -> None:
    offered = {account.login for account in demo_accounts(demo_world(key))}
    for chinese, english, _ in STORIES[key]:
        named = LOGIN.findall(chinese)
        assert named
        assert sorted(named) == sorted(LOGIN.findall(english))
        assert set(named) <= offered


@pytest.mark.parametrize("key", sorted(STORIES))
def test_stories_lead_to_every_console(key: str) -> None:
    assert {path for _, _, path in STORIES[key]} == CONSOLES
    assert STORIES[key][0] == BUYER


@pytest.mark.parametrize("key", sorted(STORIES))
def test_the_board_shows_every_account_with_its_role(key: str) -> None:
    world, printed = demo_world(key), io.StringIO()
    Console(file=printed, width=140).print(board(world, "http://127.0.0.1:8000", 3.2, Path("log")))
    for account in demo_accounts(world):
        assert account.login in printed.getvalue()
        assert ROLES[account.role] in printed.getvalue()
