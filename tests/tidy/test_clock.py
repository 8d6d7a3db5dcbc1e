"""Time comes from the clock (style.md, rule 7): `kernel.clock.now()`, which tests and a demo world move."""

import ast
import re

from tests.tidy.source import MIGRATIONS, dotted, expect_none, expect_only, modules, name_of, texts_of, tree_of

OTHER_CLOCKS = (
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "time.localtime", "time.gmtime", "time.ctime", "time.strftime",
)  # fmt: skip
MEASURES = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"}
"""What measures and tells no date."""
MAY_ASK_THE_MACHINE = {
    "src/yellowcart/kernel/clock.py",  # the clock itself
    "src/yellowcart/kernel/ids.py",  # an id must not repeat when a clock is moved
    "src/yellowcart/orders/lane.py",  # asked at every order: whether a buyer token has expired
    "src/yellowcart/stage/lanes.py",  # the same, at every audience event
}
"""May only shrink. A lease or a token that must not follow a demo world asks `clock.system_now()`."""
SQL_CLOCKS = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\bCURRENT_(?:TIMESTAMP|DATE|TIME)\b|\bLOCALTIME(?:STAMP)?\b"
)


def test_nobody_but_the_clock_asks_the_machine_for_the_time() -> None:
    asking = {
        name_of(path)
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and any(dotted(node) == each or dotted(node).endswith(f".{each}") for each in OTHER_CLOCKS)
    } | {
        name_of(path)
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        if {each.name for each in node.names} - MEASURES
    }
    expect_only(MAY_ASK_THE_MACHINE, asking)


def test_no_statement_asks_the_database_for_the_time() -> None:
    asking = [
        f"{name_of(path)}:{line}"
        for path in (*modules(), *sorted((MIGRATIONS / "versions").glob("*.py")))
        for line, text in texts_of(path)
        if re.search(r"\b(?:SELECT|INSERT|UPDATE|DELETE|WHERE|DEFAULT)\b", text) and SQL_CLOCKS.search(text)
    ]
    expect_none(asking)


def test_no_moment_is_naive() -> None:
    naive = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-2:] in (["datetime", "fromtimestamp"], ["datetime", "utcfromtimestamp"])
        and len(node.args) < 2
        and not any(keyword.arg == "tz" for keyword in node.keywords)
    ]
    expect_none(naive)
