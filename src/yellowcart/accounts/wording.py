"""What roles are called on pages and in refusals."""

from yellowcart.accounts.model import Role
from yellowcart.kernel.translation import N_

ROLE_WORDS: dict[Role, str] = {
    Role.BUYER: N_("Buyer"),
    Role.CREATOR: N_("Creator"),
    Role.MERCHANT: N_("Merchant"),
    Role.CARRIER: N_("Logistics provider"),
    Role.RECRUITER: N_("Recruiter"),
    Role.INSPECTOR: N_("Inspector"),
    Role.OPERATOR: N_("Operator"),
}
