"""What freight and districts refuse."""

from yellowcart.kernel.errors import Conflict, Invalid, NotFound
from yellowcart.kernel.translation import N_, Locale


class DistrictUnknown(Invalid):
    """The province, city and district name no place that the data knows, nor one near it."""

    code = "district_unknown"
    message = N_("We do not know this province, city and district. Please choose them from the list.")

    def fields(self, locale: Locale) -> dict[str, str]:
        """The whole sentence at the district."""
        return {"district": self.text(locale)}


class DistrictMisspelt(DistrictUnknown):
    """The names are not in the data, and something like them is."""

    code = "district_misspelt"
    message = N_("We do not know this province, city and district. Did you mean %(suggestion)s?")


class PhoneUnreadable(Invalid):
    """What was written is no phone number that a carrier can call."""

    code = "phone_unreadable"
    message = N_(
        "Write a mainland mobile number of 11 digits such as 13800138000, or a landline with its area code "
        "such as 0571-88880000."
    )

    def fields(self, locale: Locale) -> dict[str, str]:
        """The whole sentence at the phone."""
        return {"phone": self.text(locale)}


class NotDeliveredThere(Conflict):
    """The freight template does not deliver to the province."""

    code = "not_delivered_there"
    message = N_("This product is not delivered to %(province)s. Please choose another address.")


class FreightTemplateUnknown(NotFound):
    """No such freight template in this shop, or a retired one."""

    code = "freight_template_unknown"
    message = N_("There is no such freight template in this shop.")


class FreightTemplateStale(Conflict):
    """Somebody else changed the template after the editor was opened."""

    code = "freight_template_stale"
    message = N_(
        "This freight template was changed while you were editing it. Reload the page and enter it again."
    )


class FreightTemplateInUse(Conflict):
    """A template that products use is not retired before another one is named for them."""

    code = "freight_template_in_use"
    message = N_("%(products)s products use this template. Name another one for them.")


class FreightTemplatesTooMany(Conflict):
    """A shop has only so many templates."""

    code = "freight_templates_too_many"
    message = N_("A shop has at most %(most)s freight templates. Retire some first.")


class WeightMissing(Conflict):
    """Products whose freight goes by weight need a weight."""

    code = "weight_missing"
    message = N_("%(products)s of these products have no weight yet. A template by weight needs one for each.")
