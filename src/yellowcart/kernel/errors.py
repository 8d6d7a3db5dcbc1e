"""The tree of refusals.

    Refusal
    ├── Invalid        what was sent makes no sense, or breaks a rule that the sender can see
    ├── NotSignedIn    nobody is signed in, or the token has expired
    ├── Denied         the role does not allow it
    ├── NotFound       it does not exist, or it belongs to somebody else
    ├── Conflict       it made sense, but the state of things forbids it now
    ├── TooMany        a limit was reached; waiting helps
    └── Unavailable    switched off or broken for the moment

A folder derives its own refusals from these in its `errors.py`, each with a stable `code` and an English
`message` (a translatable sentence with `%(name)s` places). Only the web edge (`kernel.problem`) knows which
HTTP status a branch of the tree has.
"""

from typing import ClassVar

from yellowcart.kernel.translation import N_, Locale, translate


class Refusal(Exception):
    """The platform says no. Its class says why; `values` fill the places of its message."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = N_("This is not possible.")

    def __init__(self, **values: object) -> None:
        super().__init__(self.code, values)
        self.values = values

    def text(self, locale: Locale) -> str:
        """The message for a reader of `locale`."""
        shown = {
            name: translate(value, locale) if isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return translate(self.message, locale, **shown)

    def fields(self, locale: Locale) -> dict[str, str]:
        """Messages that belong to single fields of a form, by field name; empty for most refusals."""
        return {}

    def __str__(self) -> str:
        return f"{self.code}: {self.text(Locale.ENGLISH)}"


class Invalid(Refusal):
    """What was sent makes no sense, or breaks a rule that the sender can see."""

    code = "invalid"
    message = N_("Something in what was sent is not right.")


class InvalidFields(Invalid):
    """One or more fields are wrong. `problems` maps a field's name to a translatable sentence, or to a pair
    of a sentence and the values for its places."""

    code = "invalid_fields"
    message = N_("Please correct the marked fields.")

    def __init__(self, problems: dict[str, str | tuple[str, dict[str, object]]]) -> None:
        super().__init__()
        self.problems = problems

    def fields(self, locale: Locale) -> dict[str, str]:
        """Each field's own sentence."""
        texts: dict[str, str] = {}
        for name, problem in self.problems.items():
            sentence, values = (problem, {}) if isinstance(problem, str) else problem
            texts[name] = translate(sentence, locale, **values)
        return texts


class NotSignedIn(Refusal):
    """Nobody is signed in."""

    code = "not_signed_in"
    message = N_("Please sign in first.")


class Denied(Refusal):
    """The role does not allow it."""

    code = "denied"
    message = N_("Your role does not allow this.")


class NotFound(Refusal):
    """It does not exist, or it is somebody else's: the two are not told apart."""

    code = "not_found"
    message = N_("There is nothing here, or it is not yours.")


class Conflict(Refusal):
    """The state of things forbids it now."""

    code = "conflict"
    message = N_("The situation has changed; this is no longer possible.")


class TooMany(Refusal):
    """A limit was reached. `retry_after_s` seconds later it may work."""

    code = "too_many"
    message = N_("Too much at once. Please wait a moment and try again.")
    retry_after_s: int = 1


class Unavailable(Refusal):
    """Switched off or broken for the moment."""

    code = "unavailable"
    message = N_("This is not available at the moment. Please try again later.")
