"""Every refusal of the platform, and the page of the documentation that lists them."""

from functools import cache
from importlib import import_module
from pathlib import Path

from tests.tidy.source import PACKAGE, ROOT, modules
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import Locale, translate

ERRORS_PAGE = ROOT / "docs" / "errors.md"

OPENING = """\
# Errors

Every refusal of the platform is an [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem: `code` is stable
and meant for programs, `detail` is in the reader's language, `messages` holds both languages, `fields` says
which field is wrong and how, `values` holds what fills the `%(name)s` places of the message. A page shows the
same text to a person.

This page is written by `python -m tests.tidy.write_errors`.
"""


def import_those_who_refuse() -> None:
    """Import every module that gives a class a code and a message, so that the class exists."""
    for path in modules():
        if "    message = N_(" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))


@cache
def refusals() -> tuple[type[Refusal], ...]:
    """Every class of the tree of refusals, by code."""
    import_those_who_refuse()
    found, waiting = {Refusal}, [Refusal]
    while waiting:
        for each in waiting.pop().__subclasses__():
            if each not in found and each.__module__.startswith("yellowcart."):
                found.add(each)
                waiting.append(each)
    return tuple(sorted(found, key=lambda refusal: (refusal.code, refusal.__name__)))


def errors_page() -> str:
    """The whole text of docs/errors.md."""
    parts = [OPENING]
    for refusal in refusals():
        meaning = " ".join((refusal.__doc__ or "").split())
        parts.append(
            f"## {refusal.code}\n\n"
            f"HTTP {_status(refusal)}. {meaning}\n\n"
            f"- English: {refusal.message}\n"
            f"- 中文：{translate(refusal.message, Locale.CHINESE)}\n"
        )
    return "\n".join(parts)


def _status(refusal: type[Refusal]) -> int:
    # A defect of ours is the one refusal whose status is set where it is caught (web.answer_defect).
    return 500 if refusal.code == "internal_error" else status_of(refusal.__new__(refusal))


def write(path: Path = ERRORS_PAGE) -> None:
    """Write the page anew."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(errors_page(), encoding="utf-8")
