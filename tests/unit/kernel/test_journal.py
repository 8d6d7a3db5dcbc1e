"""Logs tell where something broke, and never what the variables of that moment held."""

import json
import logging
from collections.abc import Iterator
from typing import NoReturn

import pytest
import structlog

from yellowcart.kernel.journal import start_journal

LOGIN = "meichen"
SECRET = "Tr0ub4dor&3-long"


@pytest.fixture(autouse=True)
def journal_of_before() -> Iterator[None]:
    """The journal writes to this test's standard error; afterwards it is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def sign_in(login: str, password: str) -> NoReturn:
    words = {"login": login, "password": password}
    raise RuntimeError(f"a defect of {len(words)} words")


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("by_library", [False, True])
def test_a_traceback_names_the_place_and_tells_no_variable(
    log_format: str, by_library: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    start_journal(log_format, process="web")
    try:
        sign_in(LOGIN, SECRET)
    except RuntimeError:
        if by_library:
            logging.getLogger("a library").exception("web.defect")
        else:
            structlog.get_logger("a test").exception("web.defect")
    written = capsys.readouterr().err
    assert "web.defect" in written
    assert "sign_in" in written
    assert "a defect of 2 words" in written
    assert SECRET not in written
    assert LOGIN not in written


def test_lines_for_machines_are_one_json_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    start_journal("json", process="worker")
    logging.getLogger("a library").warning("slow")
    try:
        sign_in(LOGIN, SECRET)
    except RuntimeError:
        logging.getLogger("a library").exception("broken")
    slow, broken = map(json.loads, capsys.readouterr().err.splitlines())
    assert (slow["event"], slow["level"], slow["process"]) == ("slow", "warning", "worker")
    assert broken["exception"].startswith("Traceback")
