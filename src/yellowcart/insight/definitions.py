"""Every number, defined once: label, basis, time axis, unit and where the definition comes from.

A page or a program that shows a number shows its basis from here; nobody counts by themselves.
"""

from yellowcart.insight.model import Definition, MetricName, TimeAxis, Unit
from yellowcart.kernel.translation import N_

_BY_JUMP_OR_PROMOTION = N_(
    "reported orders by the listing that was jumped out through,"
    " or by a promotion that one creator alone lists with"
)

DEFINITIONS: dict[MetricName, Definition] = {
    each.name: each
    for each in (
        Definition(
            name=MetricName.GMV_SUBMITTED,
            label=N_("GMV submitted"),
            basis=N_("Order totals by submit time, including unpaid, refunded and returned"),
            axis=TimeAxis.SUBMITTED_AT,
            unit=Unit.FEN,
            source="domain.md §6 GMV_submitted (ART)",
        ),
        Definition(
            name=MetricName.GMV_PAID,
            label=N_("GMV paid"),
            basis=N_("Order totals by pay time, including those refunded later"),
            axis=TimeAxis.PAID_AT,
            unit=Unit.FEN,
            source="domain.md §6 GMV_paid (Douyin, by user payment)",
        ),
        Definition(
            name=MetricName.GMV_NET_COHORT,
            label=N_("GMV net, by pay time"),
            basis=N_("Orders paid in the window, less what was refunded for these orders so far"),
            axis=TimeAxis.PAID_AT,
            unit=Unit.FEN,
            source="domain.md §6 GMV_net, cohort view (inferred there)",
        ),
        Definition(
            name=MetricName.GMV_NET_CASH,
            label=N_("GMV net, by refund time"),
            basis=N_("Orders paid in the window, less refunds that succeeded in the window, whenever paid"),
            axis=TimeAxis.PAID_AND_REFUNDED_AT,
            unit=Unit.FEN,
            source="domain.md §6 GMV_net, cash view (inferred there)",
        ),
        Definition(
            name=MetricName.ORDERS_SUBMITTED,
            label=N_("Orders submitted"),
            basis=N_("Orders by submit time, including unpaid, refunded and returned"),
            axis=TimeAxis.SUBMITTED_AT,
            unit=Unit.COUNT,
            source="domain.md §6 GMV_submitted, counted instead of summed",
        ),
        Definition(
            name=MetricName.ORDERS_PAID,
            label=N_("Orders paid"),
            basis=N_("Orders by pay time, including those refunded later"),
            axis=TimeAxis.PAID_AT,
            unit=Unit.COUNT,
            source="domain.md §6 GMV_paid, counted instead of summed",
        ),
        Definition(
            name=MetricName.ORDERS_PER_MINUTE,
            label=N_("Orders over time"),
            basis=N_("Orders by submit time, including unpaid; one point for every bucket of time"),
            axis=TimeAxis.SUBMITTED_AT,
            unit=Unit.COUNT,
            source="domain.md §6 OPM (orders by minutes), kept as a series",
        ),
        Definition(
            name=MetricName.PAY_RATE,
            label=N_("Pay rate"),
            basis=N_("Of the orders submitted in the window, those paid so far, whenever paid"),
            axis=TimeAxis.SUBMITTED_AT,
            unit=Unit.BASIS_POINTS,
            source="domain.md §6 pay rate",
        ),
        Definition(
            name=MetricName.VIEWS,
            label=N_("Views"),
            basis=N_("Openings of live rooms and videos, each time counted"),
            axis=TimeAxis.HAPPENED_AT,
            unit=Unit.COUNT,
            source="domain.md §6 GPM, its denominator",
        ),
        Definition(
            name=MetricName.VIEWERS,
            label=N_("Viewers"),
            basis=N_("Different visitors who opened a live room or video"),
            axis=TimeAxis.HAPPENED_AT,
            unit=Unit.COUNT,
            source="domain.md §6 UV value, denominator",
            dedupe=N_("visitor, once in the window"),
        ),
        Definition(
            name=MetricName.GPM,
            label=N_("GPM (per 1,000 views)"),
            basis=N_("GMV paid by pay time, per 1,000 openings of rooms and videos (views, not impressions)"),
            axis=TimeAxis.PAID_AND_HAPPENED_AT,
            unit=Unit.FEN,
            source="domain.md §6 GPM (denominator: times watched)",
        ),
        Definition(
            name=MetricName.UV_VALUE,
            label=N_("UV value"),
            basis=N_("GMV paid by pay time, per different visitor who opened a room or video"),
            axis=TimeAxis.PAID_AND_HAPPENED_AT,
            unit=Unit.FEN,
            source="domain.md §6 UV value",
            dedupe=N_("visitor, once in the window"),
        ),
        Definition(
            name=MetricName.CLOSED_LOOP_SHARE,
            label=N_("Closed-loop share"),
            basis=N_(
                "Own-shop GMV paid in own-shop GMV paid and outside GMV reported; unknown while no network has"
                " reported orders of the window, and too high while one of several has not"
            ),
            axis=TimeAxis.PAID_AT,
            unit=Unit.BASIS_POINTS,
            source="domain.md §6 closed-loop share (ART, 90 % in Q3 2021)",
        ),
        Definition(
            name=MetricName.OUTSIDE_GMV_REPORTED,
            label=N_("GMV reported"),
            basis=N_(
                "What buyers paid outside by pay time, as the networks report and last revised it, without lines"
                " that they declared invalid; unknown while none has reported orders of the window"
            ),
            axis=TimeAxis.PAID_AT,
            unit=Unit.FEN,
            source="domain.md §6 GMV (Kuaishou HKEX: outside orders reported back), §2.3 states",
            dedupe=N_("network and order line, newest report"),
            attribution=_BY_JUMP_OR_PROMOTION,
        ),
        Definition(
            name=MetricName.OUTSIDE_COMMISSION_REPORTED,
            label=N_("Outside commission, reported"),
            basis=N_(
                "Commission of the same orders as the networks report it: the settled amount where there is one,"
                " else their estimate, less what must be given back after refunds"
            ),
            axis=TimeAxis.PAID_AT,
            unit=Unit.FEN,
            source="domain.md §2.3, §3.1 commission of affiliate orders (TB-SDK, JD-GO, PDD)",
            dedupe=N_("network and order line, newest report"),
            attribution=_BY_JUMP_OR_PROMOTION,
        ),
        Definition(
            name=MetricName.OWN_CLICK_SHARE,
            label=N_("Own-shop share of taps"),
            basis=N_("Taps on own-shop listings in all taps on listings, each time counted"),
            axis=TimeAxis.HAPPENED_AT,
            unit=Unit.BASIS_POINTS,
            source="the platform's own: the measurable companion of closed-loop share",
        ),
        Definition(
            name=MetricName.SOURCE_SHARE,
            label=N_("Source share"),
            basis=N_(
                "Distinct listings of each source in live carts, in the 7 natural days to yesterday (Beijing time)"
            ),
            axis=TimeAxis.IN_CART_DURING,
            unit=Unit.BASIS_POINTS,
            source="domain.md §6 source share (ART, 88 % Taobao)",
            dedupe=N_("source and item, once in the window"),
        ),
        Definition(
            name=MetricName.JUMP_OUTS,
            label=N_("Jump-outs"),
            basis=N_(
                "Viewers leaving through an outside listing, each time counted; what they bought there is unknown"
            ),
            axis=TimeAxis.HAPPENED_AT,
            unit=Unit.COUNT,
            source="domain.md §6 jump-out loss, its clicks_out",
        ),
        Definition(
            name=MetricName.JUMP_LOSS,
            label=N_("Jump loss"),
            basis=N_(
                "1 − orders reported of jump-outs / orders that as many clicks on own goods of the same price"
                " brought; of sources whose network has reported in the window"
            ),
            axis=TimeAxis.HAPPENED_AT,
            unit=Unit.BASIS_POINTS,
            source="domain.md §6 jump-out loss: order loss on matched price bands",
            attribution=_BY_JUMP_OR_PROMOTION,
        ),
    )
}
