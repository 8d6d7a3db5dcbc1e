"""What a reader is shown of the order lane's rounds."""

from bench.foundation import COMMIT
from bench.order_lane_rounds import LaneResult, LaneRounds, OrderRounds
from bench.postgres_insert import BATCH_ROWS
from bench.promoted import PLATFORM_OFF_FEN, SHOP_OFF_FEN, SPECIAL_OFF_FEN
from bench.report import Figure, Ratio, Section, latency_figures, load_figures, median_figure
from tests.orders.promoted import FREIGHT_FEN
from yellowcart.kernel.money import write_yuan

PLAIN_AIM = 6_000
EVERYTHING_AIM = 5_000
CONNECTIONS_OF_AIM = 256
"""The aim of orders with everything is one of a crowd: from so many connections on."""
EMPTY_RATIO_AIM = 0.5
FOUNDATION_RATIO_AIM = 0.8


def sections_of(result: LaneResult) -> tuple[Section, ...]:
    """For each number of connections plain orders, orders with everything, and what they are held against; then
    what the tables told."""
    sections: list[Section] = []
    for connections, rounds in result.at.items():
        sections += [
            _plain(connections, rounds),
            _everything(connections, rounds, result.foundation_note),
            _both_coupons(connections, rounds),
        ]
        if rounds.foundation is not None:
            sections.append(_foundation(connections, rounds.foundation))
    return (*sections, _told(result))


def _plain(connections: int, rounds: LaneRounds) -> Section:
    key, empty_key = f"order_lane.{connections}", f"empty.{connections}"
    empty = [result.requests_per_s for result in rounds.empty]
    return Section(
        title=f"Order lane, one hot SKU, {connections} connections",
        figures=(
            *_figures(key, rounds.plain, PLAIN_AIM),
            median_figure(f"{empty_key}.requests_per_s", "empty endpoint: rate", empty, "requests/s"),
        ),
        ratios=(
            Ratio(
                label="of the empty endpoint's rate",
                of=f"{key}.orders_per_s",
                to=f"{empty_key}.requests_per_s",
                aim=EMPTY_RATIO_AIM,
            ),
            Ratio(
                label="of PostgreSQL's own batched insert",
                of=f"{key}.orders_per_s",
                to="postgres_insert.orders_per_s",
            ),
        ),
    )


def _everything(connections: int, rounds: LaneRounds, foundation_note: str | None) -> Section:
    key = f"order_lane.{connections}.everything"
    return Section(
        title=f"Order lane with everything, one hot SKU, {connections} connections",
        figures=tuple(
            _figures(key, rounds.everything, EVERYTHING_AIM if connections >= CONNECTIONS_OF_AIM else None)
        ),
        ratios=(
            Ratio(
                label="of plain orders in the same run",
                of=f"{key}.orders_per_s",
                to=f"order_lane.{connections}.orders_per_s",
            ),
            Ratio(
                label=f"of the foundation's own figure in the same run (commit {COMMIT[:7]})",
                of=f"{key}.orders_per_s",
                to=f"foundation.{connections}.orders_per_s",
                aim=FOUNDATION_RATIO_AIM,
            ),
        ),
        notes=(f"The foundation: {foundation_note}.",) if foundation_note else (),
    )


def _both_coupons(connections: int, rounds: LaneRounds) -> Section:
    key = f"order_lane.{connections}.both_coupons"
    return Section(
        title=f"Order lane with everything and a second coupon, {connections} connections",
        figures=tuple(_figures(key, rounds.both_coupons, None)),
        ratios=(
            Ratio(
                label="of orders with one coupon in the same run",
                of=f"{key}.orders_per_s",
                to=f"order_lane.{connections}.everything.orders_per_s",
            ),
            Ratio(
                label=f"of the foundation's own figure in the same run (commit {COMMIT[:7]})",
                of=f"{key}.orders_per_s",
                to=f"foundation.{connections}.orders_per_s",
            ),
        ),
    )


def _foundation(connections: int, rounds: OrderRounds) -> Section:
    key = f"foundation.{connections}"
    return Section(
        title=f"The foundation's order lane (commit {COMMIT[:7]}), {connections} connections",
        figures=tuple(_figures(key, rounds, None)),
        ratios=(
            Ratio(
                label="today's plain orders to it",
                of=f"order_lane.{connections}.orders_per_s",
                to=f"{key}.orders_per_s",
            ),
        ),
    )


def _figures(key: str, rounds: OrderRounds, aim: float | None) -> list[Figure]:
    figures = [
        *load_figures(key, rounds.results, "orders", aim=aim),
        median_figure(f"{key}.server_cores", "web process's CPU", rounds.server_cores, "cores", decimals=2),
    ]
    if rounds.postgres_cores:
        figures.append(
            median_figure(f"{key}.postgres_cores", "PostgreSQL's CPU", rounds.postgres_cores, "cores", decimals=2)
        )
    return figures


def _told(result: LaneResult) -> Section:
    """The reference, and what the tables told."""
    cores = [(each.cpu_user_s + each.cpu_system_s) / each.wall_s for each in result.inserts]
    sales, everything, used = result.sales, result.sales_everything, result.used_up
    return Section(
        title="PostgreSQL's own batched insert (the reference), and the tables afterwards",
        figures=(
            median_figure(
                "postgres_insert.orders_per_s",
                "batched insert: rate",
                [each.orders_per_s for each in result.inserts],
                "orders/s",
            ),
            *latency_figures("postgres_insert.batch", [each.batch_latency for each in result.inserts]),
            median_figure("postgres_insert.client_cores", "its client's own CPU", cores, "cores", decimals=2),
            Figure(key="order_lane.answered", label="buyers told that they have an order", value=result.answered),
            Figure(key="order_lane.orders", label="orders in the database", value=sales.orders),
            Figure(key="order_lane.held", label="pieces that the stock row holds for them", value=sales.held),
            Figure(
                key="everything.answered",
                label="with everything: buyers told that they have an order",
                value=result.answered_everything,
            ),
            Figure(
                key="everything.orders", label="with everything: orders in the database", value=everything.orders
            ),
            Figure(
                key="everything.quota", label="pieces taken of the special price's quota", value=used.quota_taken
            ),
            Figure(key="everything.claims", label="claimed coupons used", value=used.claims_used),
            Figure(key="everything.discounts", label="discounts on order lines", value=used.discounts),
        ),
        notes=(
            f"The batched insert is one connection, {BATCH_ROWS} rows per transaction: one stock row taken, orders"
            " inserted, no token, limit, hold, lines or outbox. Its latencies are those of a batch.",
            f"With everything: a special price {write_yuan(SPECIAL_OFF_FEN)} yuan below the usual one, out of a"
            f" quota; a coupon of the shop ({write_yuan(SHOP_OFF_FEN)} off), claimed by each buyer beforehand (the"
            f" second coupon is the platform's, {write_yuan(PLATFORM_OFF_FEN)} off); freight by a template for"
            f" the buyer's province ({write_yuan(FREIGHT_FEN)}); a limit per buyer; a note.",
            "After the rounds the tables were counted, for both kinds of orders: orders, distinct buyers, order"
            " lines, outbox events, pieces counted towards the limits and pieces held are one number, equal to the"
            f" answers of status 201{_lost(result)}; what is left and what is held make what was there. With"
            " everything, the quota taken is that number too, every order has its coupon or both, each claim is on"
            " one order, and discounts, freight, totals and counted uses add up.",
        ),
    )


def _lost(result: LaneResult) -> str:
    unanswered = result.sales.orders - result.answered + result.sales_everything.orders
    unanswered -= result.answered_everything
    return f" plus {unanswered} whose buyer's connection was lost" if unanswered else ""
