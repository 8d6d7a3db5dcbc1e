"""The operator console, put together."""

from litestar import Router

from yellowcart.consoles.operator import (
    audit_trail,
    clock_page,
    dashboard,
    link_rules,
    orders,
    people,
    switches,
)

ROUTES = Router(
    "/operator",
    route_handlers=[
        dashboard.dashboard,
        dashboard.live_part,
        link_rules.rules_page,
        link_rules.notice_page,
        link_rules.taken_off_page,
        clock_page.clock_page,
        clock_page.move,
        clock_page.brought_part,
        switches.switches_page,
        switches.flip_one,
        people.people_page,
        people.person_page,
        people.change_role,
        people.change_state,
        audit_trail.audit_page,
        orders.orders_page,
        orders.order_page,
    ],
    include_in_schema=False,
)
