"""Reports taken in: as often as they come, in whatever order, each line for itself, and whose sale it was."""

from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from tests.conftest import MORNING, SignedIn, sign_in_as
from tests.conversion_world import (
    ITEM,
    LINE,
    NEW_TAOBAO,
    OLD_TAOBAO,
    ORDER,
    PROMOTION,
    YESTERDAY,
    creator_of,
    csv_bytes,
    jump,
    known_line,
    line_of,
    outside_listing,
    send,
)
from tests.stage_world import Host, line, new_host, notice, write_history, write_sources
from yellowcart.accounts.model import Role
from yellowcart.conversions.model import MOMENTS, Conversion, ConversionState, Network, ReportedLine
from yellowcart.conversions.queries import Wanted, conversion_of, conversions, revisions_of, sums
from yellowcart.conversions.rules import replayed
from yellowcart.conversions.take_in import BATCH, TakingIn, take_in_report
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_errors import FileUnreadable, RowUnreadable
from yellowcart.links.model import Action, NoticeLine, Surface
from yellowcart.links.rules import shanghai_midnight
from yellowcart.links.store import enact


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR, name="林岚")


@pytest.fixture
async def host(database: Database) -> Host:
    async with database.writing() as writer:
        await write_history(writer)
    return await new_host(database)


async def history_of(database: Database, key: str = LINE) -> list[ReportedLine]:
    async with database.reading() as reader:
        steps = await revisions_of(reader, await conversion_of(reader, Network.TAOBAO_UNION, key))
    return [step.reported for step in reversed(steps)]


PAID = line_of(modified_at=YESTERDAY)
RECEIVED = line_of(state=ConversionState.RECEIVED, network_word="14", base_fen=11_000, modified_at=MORNING)
SETTLED = line_of(
    state=ConversionState.SETTLED,
    network_word="3",
    base_fen=11_000,
    commission_settled_fen=1_155,
    settled_at=MORNING,
    modified_at=MORNING + timedelta(days=10),
)
CORRECTED = line_of(
    state=ConversionState.SETTLED,
    network_word="3",
    base_fen=10_000,
    commission_settled_fen=1_050,
    settled_at=MORNING,
    modified_at=MORNING + timedelta(days=40),
)


async def test_a_line_is_created_changed_and_then_left_alone(database: Database, operator: SignedIn) -> None:
    created = await send(database, operator.person, PAID)
    assert (created.report.created_count, created.report.row_count) == (1, 1)
    changed = await send(database, operator.person, RECEIVED)
    assert changed.report.changed_count == 1
    same = await send(database, operator.person, RECEIVED, line_of(order_line_id="1", order_id="1"))
    assert (same.report.unchanged_count, same.report.created_count) == (1, 1)
    known = await known_line(database)
    assert (known.state, known.base_fen, known.paid_fen, known.revision) == ("received", 11_000, 11_850, 2)


async def test_amounts_follow_the_newest_report_also_after_settlement(
    database: Database, operator: SignedIn
) -> None:
    for each in (PAID, SETTLED, CORRECTED):
        await send(database, operator.person, each)
    known = await known_line(database)
    assert (known.state, known.commission_settled_fen, known.base_fen) == ("settled", 1_050, 10_000)
    assert await history_of(database) == [PAID, SETTLED, CORRECTED]


async def test_a_late_report_turns_nothing_back_and_is_counted(database: Database, operator: SignedIn) -> None:
    await send(database, operator.person, SETTLED)
    late = await send(database, operator.person, PAID)
    assert (late.report.stale_count, late.report.changed_count) == (1, 0)
    known = await known_line(database)
    assert (known.state, known.commission_settled_fen, known.revision) == ("settled", 1_155, 1)


async def test_reports_in_any_order_and_repeated_end_the_same(database: Database, operator: SignedIn) -> None:
    reports = (PAID, RECEIVED, SETTLED, CORRECTED)
    for number, order in enumerate(permutations(reports)):
        key = f"line-{number}"
        for each in (*order, order[0]):
            renamed = msgspec.structs.replace(each, order_line_id=key, order_id=key)
            # In one transaction each: what a batch does to a line is tested elsewhere.
            await send(database, operator.person, renamed)
        known = await known_line(database, key)
        assert (known.state, known.base_fen, known.commission_settled_fen) == ("settled", 10_000, 1_050)
        assert replayed(await history_of(database, key), known) == known


async def test_several_lines_of_one_key_in_one_report_are_taken_in_turn(
    database: Database, operator: SignedIn
) -> None:
    outcome = await send(database, operator.person, PAID, RECEIVED, SETTLED, PAID)
    counts = outcome.report
    assert (counts.created_count, counts.changed_count, counts.stale_count) == (1, 2, 1)
    assert (await known_line(database)).revision == 3
    async with database.reading() as reader:
        kinds = await reader.column("SELECT kind FROM outbox_event WHERE kind LIKE 'conversion.%%'")
    assert kinds == ["conversion.reported"]


async def test_the_same_content_again_does_nothing_and_says_so(
    database: Database, operator: SignedIn, tmp_path: Path
) -> None:
    path = tmp_path / "订单.csv"
    path.write_bytes(csv_bytes(NEW_TAOBAO, encoding="gbk"))
    first = await take_in_report(database, operator.person, None, "../a/订单.csv", path)
    assert (first.known_already, first.report.file_name, first.report.created_count) == (False, "订单.csv", 1)
    clock.process_clock().freeze(MORNING + timedelta(hours=1))
    second = await take_in_report(database, operator.person, Network.TAOBAO_UNION, "again.csv", path)
    assert second.known_already
    assert second.report == first.report


async def test_right_lines_are_taken_and_wrong_ones_told(
    database: Database, operator: SignedIn, tmp_path: Path
) -> None:
    lines = [NEW_TAOBAO | {"淘宝子订单号": f"{number}"} for number in range(1, 1_203)]
    lines[700] = lines[700] | {"付款金额": "面议"}
    path = tmp_path / "orders"
    path.write_bytes(csv_bytes(*lines))
    outcome = await take_in_report(database, operator.person, None, "orders.csv", path)
    assert (outcome.report.row_count, outcome.report.created_count, outcome.report.wrong_count) == (
        1_202,
        1_201,
        1,
    )
    (problem,) = outcome.report.problems
    assert (problem.row, problem.column, problem.cell) == (702, "付款金额", "面议")


async def test_a_file_that_breaks_in_the_middle_changes_nothing(
    database: Database, operator: SignedIn, tmp_path: Path
) -> None:
    path = tmp_path / "orders"
    whole = csv_bytes(*[NEW_TAOBAO | {"淘宝子订单号": f"{number}"} for number in range(1, 900)])
    for broken in (whole + b'"no end,1\r\n', whole + b"\xff\xfe\xff,1\r\n"):
        path.write_bytes(broken)
        with pytest.raises((RowUnreadable, FileUnreadable)):
            await take_in_report(database, operator.person, None, "orders.csv", path)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM conversion") == 0
        assert await reader.value("SELECT count(*) FROM conversion_report") == 0


async def test_the_two_forms_of_a_taobao_line_are_one_line(
    database: Database, operator: SignedIn, tmp_path: Path
) -> None:
    by_order = tmp_path / "old"
    by_order.write_bytes(csv_bytes(OLD_TAOBAO))
    await take_in_report(database, operator.person, None, "old.csv", by_order)
    await send(database, operator.person, SETTLED)
    await send(database, operator.person, CORRECTED)
    known = await known_line(database, f"{ORDER}:{ITEM}")
    assert (known.network_line_id, known.state, known.revision) == (LINE, "settled", 3)
    again = await take_in_report(database, operator.person, None, "old.csv", by_order)
    assert again.known_already
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM conversion") == 1


async def test_a_report_that_does_not_tell_which_line_it_means_is_refused_for_that_line(
    database: Database, operator: SignedIn, tmp_path: Path
) -> None:
    await send(database, operator.person, PAID, msgspec.structs.replace(PAID, order_line_id="2"))
    by_order = tmp_path / "old"
    by_order.write_bytes(csv_bytes(OLD_TAOBAO, OLD_TAOBAO | {"订单编号": "77"}))
    outcome = await take_in_report(database, operator.person, None, "old.csv", by_order)
    assert (outcome.report.created_count, outcome.report.wrong_count) == (1, 1)
    assert outcome.report.problems[0].row == 2


async def test_the_last_jump_before_the_order_has_it(database: Database, operator: SignedIn, host: Host) -> None:
    other = await new_host(database, name="小明")
    first, second = await outside_listing(database, host), await outside_listing(database, other)
    async with database.writing() as writer:
        await jump(writer, second, YESTERDAY - timedelta(days=1))
        await jump(writer, first, YESTERDAY - timedelta(minutes=5))
        await jump(writer, second, YESTERDAY + timedelta(minutes=5))
    await send(database, operator.person, PAID)
    known = await known_line(database)
    assert creator_of(known) == ("jump", host.creator_id)
    assert (known.listing_id, known.surface) == (first, Surface.LIVE_CART)


@pytest.mark.parametrize(("days", "by"), [(14, "jump"), (16, None)])
async def test_a_jump_counts_for_fifteen_days(
    database: Database, operator: SignedIn, host: Host, days: int, by: str | None
) -> None:
    other = await new_host(database, name="小明")
    for each in (host, other):
        listing = await outside_listing(database, each, created_at=YESTERDAY - timedelta(days=30))
    async with database.writing() as writer:
        await jump(writer, listing, YESTERDAY - timedelta(days=days))
    await send(database, operator.person, PAID)
    assert creator_of(await known_line(database))[0] == by


async def test_without_a_jump_the_one_creator_who_lists_it_has_it(
    database: Database, operator: SignedIn, host: Host
) -> None:
    listing = await outside_listing(database, host)
    await outside_listing(database, await new_host(database), promotion_id="mm_1_2_3")
    await send(database, operator.person, msgspec.structs.replace(PAID, promotion_id="mm_*_10856508_54376929"))
    known = await known_line(database)
    assert creator_of(known) == ("listing", host.creator_id)
    assert known.listing_id == listing


async def test_the_promotion_alone_names_a_creator_but_no_place(
    database: Database, operator: SignedIn, host: Host
) -> None:
    await outside_listing(database, host, item_id="600000000001")
    await send(database, operator.person, PAID)
    known = await known_line(database)
    assert creator_of(known) == ("promotion", host.creator_id)
    assert (known.listing_id, known.surface, known.fee_fen) == (None, None, None)


@pytest.mark.parametrize("promotion", [None, "mm_9_9_9"])
async def test_nobody_is_given_what_is_not_theirs(
    database: Database, operator: SignedIn, host: Host, promotion: str | None
) -> None:
    await outside_listing(database, host)
    await send(database, operator.person, msgspec.structs.replace(PAID, promotion_id=promotion))
    assert creator_of(await known_line(database)) == (None, None)


async def test_two_creators_with_one_promotion_share_nothing_by_guess(
    database: Database, operator: SignedIn, host: Host
) -> None:
    await outside_listing(database, host)
    await outside_listing(database, await new_host(database))
    await send(database, operator.person, PAID)
    assert creator_of(await known_line(database)) == (None, None)


async def test_a_line_of_nobody_is_asked_again_when_it_is_reported_again(
    database: Database, operator: SignedIn, host: Host
) -> None:
    await send(database, operator.person, PAID)
    await outside_listing(database, host)
    outcome = await send(database, operator.person, PAID, line_of(order_line_id="9", order_id="9"))
    assert outcome.report.unchanged_count == 1
    known = await known_line(database)
    assert creator_of(known) == ("listing", host.creator_id)
    assert known.revision == 1


async def fee_world(database: Database) -> Host:
    """A world where outside links cost 20 % from 20 February, and 30 % from the 25th (domain.md §0: Douyin)."""
    fee = NoticeLine(action=Action.ALLOW_WITH_FEE, sources=("taobao_union",), fee_basis_points=2_000)
    more = NoticeLine(action=Action.ALLOW_WITH_FEE, sources=("taobao_union",), fee_basis_points=3_000)
    async with database.writing() as writer:
        await write_sources(writer)
        for code, day, each in (
            ("open", date(2022, 1, 1), line(Action.ALLOW, ("taobao_union",))),
            ("fee", date(2022, 2, 20), fee),
            ("more", date(2022, 2, 25), more),
        ):
            await enact(writer, notice(code, shanghai_midnight(day), each), by=None, history=True)
    host = await new_host(database)
    await outside_listing(database, host)
    return host


async def test_the_fee_is_that_of_the_moment_of_the_order_and_never_changes(
    database: Database, operator: SignedIn
) -> None:
    await fee_world(database)

    async def after(report: ReportedLine) -> Conversion:
        await send(database, operator.person, report)
        return await known_line(database)

    unpaid = await after(line_of(state=ConversionState.PLACED, paid_at=None))
    assert (unpaid.fee_basis_points, unpaid.fee_fen) == (2_000, 0)
    paid = await after(PAID)
    assert (paid.fee_basis_points, paid.fee_fen) == (2_000, 2_370), "20 % of what the buyer paid"
    settled = await after(SETTLED)
    assert (settled.fee_basis_points, settled.fee_fen) == (2_000, 2_200), "20 % of the final amount"
    refunded = await after(
        line_of(
            state=ConversionState.SETTLED,
            network_word="维权成功",
            paid_fen=None,
            base_fen=11_000,
            commission_estimated_fen=None,
            refund_fen=1_001,
            modified_at=MORNING + timedelta(days=20),
        )
    )
    assert refunded.fee_fen == 1_999, "20 % of 99.99 yuan, rounded down to the fen"
    gone = await after(line_of(state=ConversionState.INVALID, modified_at=MORNING + timedelta(days=30)))
    assert (gone.fee_basis_points, gone.fee_fen) == (2_000, 0)


async def test_no_fee_is_due_where_the_rule_asks_for_none(
    database: Database, operator: SignedIn, host: Host
) -> None:
    await outside_listing(database, host)
    await send(database, operator.person, PAID)
    known = await known_line(database)
    assert known.creator_id == host.creator_id
    assert (known.fee_basis_points, known.fee_fen, known.fee_notice_id) == (None, None, None)


async def test_sums_leave_out_what_is_unpaid_or_invalid(database: Database, operator: SignedIn) -> None:
    await send(
        database,
        operator.person,
        PAID,
        line_of(order_line_id="2", order_id="2", state=ConversionState.PLACED, paid_fen=1),
        line_of(order_line_id="3", order_id="3", state=ConversionState.INVALID, paid_fen=2),
        line_of(
            order_line_id="4",
            order_id="4",
            state=ConversionState.SETTLED,
            paid_fen=100,
            commission_settled_fen=30,
            commission_returned_fen=10,
        ),
    )
    async with database.reading() as reader:
        found = await sums(reader, Wanted())
        none = await sums(reader, Wanted(network=Network.JD_UNION))
        listed = await conversions(reader, Wanted(text=ORDER))
        paged = await conversions(reader, Wanted(), size=3)
        rest = await conversions(reader, Wanted(), size=3, cursor=paged.next_cursor)
    assert (found.line_count, found.paid_count, found.invalid_count) == (4, 2, 1)
    assert (found.paid_fen, found.settled_fen) == (11_950, 20)
    assert (none.line_count, none.paid_fen) == (0, None), "unknown is not zero"
    assert [row.order_line_id for row in listed.items] == [LINE]
    assert len({row.order_line_id for row in (*paged.items, *rest.items)}) == 4
    assert listed.items[0].promotion_id == PROMOTION


async def test_a_report_that_goes_on_after_a_death_counts_what_it_did_before(
    database: Database, operator: SignedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(
        csv_bytes(*(NEW_TAOBAO | {"淘宝子订单号": f"8210390083221{number:05}"} for number in range(BATCH + 3)))
    )

    class PowerCut(Exception):
        pass

    async def die(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as dying:
        dying.setattr(TakingIn, "finish", die)
        with pytest.raises(PowerCut):
            await take_in_report(database, operator.person, None, "orders.csv", file)
    report = (await take_in_report(database, operator.person, None, "orders.csv", file)).report
    assert (report.created_count, report.unchanged_count, report.stale_count) == (BATCH + 3, 0, 0)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
@pytest.mark.parametrize("name", MOMENTS)
async def test_a_moment_of_no_order_is_refused_before_it_spoils_a_list(name: str, moment: str) -> None:
    told = {"network": "jd_union", "order_line_id": "1", "order_id": "1", "state": "paid", "network_word": "16"}
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert(told | {name: moment}, ReportedLine)
