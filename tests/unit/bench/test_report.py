"""The page of benchmarks: what is written of a run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.frame import Bench, choose
from bench.machine import Machine, PostgresFacts, busy_ticks_in, cpu_model_in, memory_mib_in
from bench.report import (
    BEGIN_MARK,
    END_MARK,
    Figure,
    Grid,
    Plan,
    Ratio,
    Report,
    Section,
    figures_by_key,
    markdown_block,
    median_figure,
    ratio_text,
    write_block,
)


def figure(key: str, value: float, unit: str = "orders/s") -> Figure:
    return Figure(key=key, label=key, value=value, unit=unit)


def report(fsync: str = "on", figures: tuple[Figure, ...] = ()) -> Report:
    settings = {"fsync": fsync, "synchronous_commit": "on", "full_page_writes": "on"}
    return Report(
        measured_at=datetime(2022, 3, 1, 4, 5, tzinfo=UTC),
        machine=Machine(
            cpu_model=None,
            cores=2,
            memory_mib=None,
            busy_cores=None,
            kernel="Linux 6",
            python="CPython 3.11",
            postgres=PostgresFacts(version="18.0", settings=settings),
        ),
        sections=(
            Section(title="Lane", figures=figures, ratios=(Ratio(label="to empty", of="lane", to="empty"),)),
        ),
    )


def test_a_ratio_needs_both_figures_of_the_run() -> None:
    both = figures_by_key(report(figures=(figure("lane", 50), figure("empty", 200, "requests/s"))))
    ratio = Ratio(label="to empty", of="lane", to="empty")
    assert ratio_text(ratio, both) == "0.25"
    assert ratio_text(ratio, {"lane": both["lane"]}) == "not measured"
    assert ratio_text(ratio, {"lane": both["lane"], "empty": figure("empty", 0)}) == "not measured"


def test_a_ratio_holds_each_round_against_its_neighbour() -> None:
    lane = median_figure("lane", "rate", [100.0, 50.0, 90.0], "orders/s")
    empty = median_figure("empty", "rate", [200.0, 100.0, 300.0], "requests/s")
    ratio = Ratio(label="to empty", of="lane", to="empty", aim=0.5)
    assert ratio_text(ratio, {"lane": lane, "empty": empty}) == "0.50 (0.30 to 0.50); aim at least 0.50: reached"


def test_the_numbers_say_whether_an_aim_is_reached() -> None:
    assert str(median_figure("lane", "rate", [5999.0], "orders/s", aim=6000)) == (
        "5,999 orders/s; aim at least 6,000: not reached"
    )
    assert str(median_figure("lane", "rate", [6000.0], "orders/s", aim=6000)).endswith("6,000: reached")


def test_a_time_may_be_at_most_so_long() -> None:
    slow = Figure(key="lists", label="slowest", value=20.5, unit="ms", decimals=1, at_most=20)
    assert str(slow) == "20.5 ms; aim at most 20.0: not reached"
    assert str(Figure(key="lists", label="slowest", value=20, unit="ms", at_most=20)).endswith("20: reached")


def test_many_things_measured_alike_stand_in_one_table_with_their_plans() -> None:
    section = Section(
        title="Lists",
        figures=(),
        grid=Grid(columns=("list", "time"), rows=(("orders | all", "1.00"),)),
        plans=(Plan("orders", ("Limit: 1 rows",)),),
    )
    shown = Report(measured_at=report().measured_at, machine=report().machine, sections=(section,))
    written = markdown_block(shown)
    assert "| list | time |\n| --- | ---: |\n| orders \\| all | 1.00 |" in written
    assert "<summary>Plan: orders</summary>\n\n```text\nLimit: 1 rows\n```" in written
    assert "| figure | value |" not in written


def test_a_rate_is_not_compared_with_a_time() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        ratio_text(Ratio(label="x", of="a", to="b"), {"a": figure("a", 1), "b": figure("b", 1, "ms")})


def test_two_figures_may_not_share_a_key() -> None:
    with pytest.raises(ValueError, match="'lane'"):
        figures_by_key(report(figures=(figure("lane", 1), figure("lane", 2))))


def test_a_database_that_does_not_flush_is_called_not_durable() -> None:
    assert "NOT DURABLE" in markdown_block(report(fsync="off"))
    assert "NOT DURABLE" not in markdown_block(report())


def test_the_block_is_replaced_and_the_page_around_it_stays(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "benchmarks.md"
    write_block(page, report(figures=(figure("lane", 1234),)))
    page.write_text("# Ours\n\nbefore\n" + page.read_text() + "after\n")
    write_block(page, report(figures=(figure("lane", 5678),)))
    text = page.read_text()
    assert text.startswith("# Ours\n\nbefore\n")
    assert text.endswith("after\n")
    assert "5,678 orders/s" in text
    assert "1,234" not in text
    assert text.count(BEGIN_MARK) == text.count(END_MARK) == 1


@pytest.mark.parametrize(
    "text",
    [
        "by hand",
        f"{BEGIN_MARK} no end",
        f"{END_MARK} {BEGIN_MARK}",
        f"{BEGIN_MARK} {BEGIN_MARK} {END_MARK}",
        f"{BEGIN_MARK} {END_MARK} {END_MARK}",
    ],
)
def test_a_page_without_one_pair_of_marks_is_not_overwritten(tmp_path: Path, text: str) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(text)
    with pytest.raises(ValueError, match="once each"):
        write_block(page, report())
    assert page.read_text() == text


def test_machine_facts_are_read_or_left_out() -> None:
    assert cpu_model_in("processor\t: 0\nmodel name\t: Some CPU 9\nmodel name\t: Other\n") == "Some CPU 9"
    assert cpu_model_in("Processor: x\n") is None
    assert memory_mib_in("MemTotal:       24683520 kB\n") == 24105
    assert memory_mib_in("") is None
    assert busy_ticks_in("cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9 9 9 9 9 9 9\n") == 63
    assert busy_ticks_in("") is None


def test_rounds_show_their_median_and_range() -> None:
    shown = median_figure("lane", "rate", [3000.0, 1000.0, 2000.0], "orders/s")
    assert shown.value == 2000
    assert str(shown) == "2,000 orders/s (1,000 to 3,000)"


def test_an_unknown_bench_is_refused_with_the_known_names() -> None:
    benches = [Bench(name=name, what="", run=lambda _: ()) for name in ("one", "two")]
    assert [bench.name for bench in choose(benches, ["two"])] == ["two"]
    assert [bench.name for bench in choose(benches, [])] == ["one", "two"]
    with pytest.raises(ValueError, match=r"three; there are: one, two"):
        choose(benches, ["three"])
