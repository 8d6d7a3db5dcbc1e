"""The words for what becomes of the products of a file."""

from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.catalog.imports.model import Fate, ImportState
from yellowcart.kernel.translation import N_

FATES = {
    Fate.CREATE: N_("Will be new"),
    Fate.UPDATE: N_("Will change"),
    Fate.UNCHANGED: N_("Unchanged"),
    Fate.SKIPPED: N_("Skipped"),
    Fate.WRONG: N_("Wrong"),
    Fate.CREATED: N_("Created"),
    Fate.UPDATED: N_("Updated"),
    Fate.OUTDATED: N_("Changed meanwhile"),
}
STATES = {
    ImportState.READING: N_("Being read"),
    ImportState.PREVIEWED: N_("Preview"),
    ImportState.APPLYING: N_("Being imported"),
    ImportState.STOPPED: N_("Stopped"),
    ImportState.APPLIED: N_("Imported"),
    ImportState.FAILED: N_("Unreadable"),
    ImportState.DISCARDED: N_("Discarded"),
}
FIELDS = {
    "title": N_("Title"),
    "title_en": N_("English title"),
    "brand": N_("Brand"),
    "description": N_("Description"),
    "category_code": N_("Category"),
}
"""Fields of a product's text, by name."""
DIALECTS = {
    Dialect.SHOPIFY: "Shopify",
    Dialect.WOOCOMMERCE: "WooCommerce",
    Dialect.TAOBAO_ASSISTANT: N_("Taobao assistant"),
    Dialect.ALIMAMA: N_("Taobao Union, selection list"),
    Dialect.TEMPLATE: N_("Template of this platform"),
}
