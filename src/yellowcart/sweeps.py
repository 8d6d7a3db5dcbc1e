"""Every module that registers a sweep or hears an event. Whoever runs or defers sweeps imports this first.

A module that is named here and missing is an error at start, not a timer that silently never runs.
"""

from importlib import import_module

MODULES = (
    "yellowcart.aftersales.timers",
    "yellowcart.catalog.imports.timers",
    "yellowcart.accounts.inbox",
    "yellowcart.catalog.words",
    "yellowcart.links.publish",
    "yellowcart.orders.addresses",
    "yellowcart.orders.timers",
    "yellowcart.parcels.bulk.apply",
    "yellowcart.parcels.needs.post",
    "yellowcart.parcels.needs.timers",
    "yellowcart.parcels.timers",
    "yellowcart.payments.timers",
    "yellowcart.promotions.timers",
    "yellowcart.stage.closed_goods",
    "yellowcart.stage.enforce",
    "yellowcart.stage.twins",
    "yellowcart.stage.warn",
    "yellowcart.uploads.remove",
)


def register_sweeps() -> None:
    """Import them all; repeating it does nothing."""
    for name in MODULES:
        import_module(name)
