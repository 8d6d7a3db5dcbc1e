"""What accounts refuse."""

from collections.abc import Collection

from yellowcart.accounts.model import Role
from yellowcart.accounts.wording import ROLE_WORDS
from yellowcart.kernel.errors import Conflict, Denied, Invalid, InvalidFields, NotSignedIn, TooMany
from yellowcart.kernel.translation import N_, Locale, translate


class LoginTaken(Conflict):
    """The login name belongs to somebody."""

    code = "login_taken"
    message = N_("This login name is taken. Choose another one.")


class LoginFailed(Invalid):
    """Name or password is wrong; which one is not told."""

    code = "login_failed"
    message = N_("Login name or password is wrong.")


class TooManyLogins(TooMany):
    """Too many failed logins for this name or from this place."""

    code = "too_many_logins"
    message = N_("Too many failed attempts. Please try again in 15 minutes.")
    retry_after_s = 900


class TokenExpired(NotSignedIn):
    """The token was right once."""

    code = "token_expired"
    message = N_("Your sign-in has expired. Please sign in again.")


class TokenInvalid(NotSignedIn):
    """The token is not one of ours."""

    code = "token_invalid"
    message = N_("This token is not valid. Please sign in again.")


class DutiesMixed(Conflict):
    """Recruiting and quality control are never in one hand."""

    code = "duties_mixed"
    message = N_("One person never holds both recruiting and quality control.")


class RoleMissing(Denied):
    """The role that this needs is missing."""

    code = "role_missing"
    message = N_("This needs the role: %(role)s.")

    def __init__(self, roles: Collection[Role]) -> None:
        self.roles = sorted(roles)
        super().__init__(role=" / ".join(self.roles))

    def text(self, locale: Locale) -> str:
        """The message with the roles as pages call them."""
        words = (translate(ROLE_WORDS[role], locale) for role in self.roles)
        return translate(self.message, locale, role=" / ".join(words))


class OwnAccount(Conflict):
    """Nobody shuts themselves out."""

    code = "own_account"
    message = N_("You cannot do this to your own account. Ask another operator.")


class ReasonMissing(InvalidFields):
    """What is done to others needs a reason."""

    code = "reason_missing"
    message = N_("Please give a reason; it is kept in the audit trail.")

    def __init__(self) -> None:
        super().__init__({"reason": self.message})
