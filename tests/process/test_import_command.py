"""`yellowcart import` as it is typed: what it says, how it ends, what a power cut leaves, how much it holds."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.catalog_world import Merchant, open_merchant
from tests.imports.importing import HEAD, OOLONG, PUER, TWO_TEAS, begin, now, numbered, preview, rows
from yellowcart.catalog.imports.model import Fate, ImportCounts, ImportState
from yellowcart.catalog.imports.receive import SMALL_FILE_BYTES
from yellowcart.catalog.imports.timers import apply_imports, read_files
from yellowcart.kernel.database import Database

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

MEASURED = """
import resource, sys
from yellowcart.cli import command
try:
    command(sys.argv[1:], standalone_mode=True)
except SystemExit:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""
"""The command in a process that says at its end how many KiB it held at most."""
GROWTH_KIB_MAX = 96 * 1024


@pytest.fixture
async def merchant(database: Database) -> Merchant:
    return await open_merchant(database)


def _hear_ctrl_c() -> None:
    """A run in the background passes on that Ctrl-C is ignored; at a terminal it is not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Shell:
    """A shell in which the platform's database and home are known."""

    def __init__(self, database_url: str, home: Path) -> None:
        self.folder = home
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "YELLOWCART_HOME": str(home / "home"),
            "YELLOWCART_SECRET": "a secret for tests, long enough to sign with",
        }

    def file(self, content: str | bytes, name: str = "goods.csv") -> Path:
        """A file on disk."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def start(self, *words: str, script: str | None = None) -> subprocess.Popen[str]:
        """A command that is on its way; `script` is run instead of the installed one."""
        program = ["-m", "yellowcart.cli"] if script is None else ["-c", script]
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", *program, *words],
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - one call of the system, and no lock is taken in it
        )

    async def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, awaited."""
        process = self.start(*words)
        out, err = await asyncio.to_thread(process.communicate)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    async def import_file(
        self, path: Path, *words: str, shop: str = "海宁皮草厂"
    ) -> subprocess.CompletedProcess[str]:
        """`yellowcart import`, awaited."""
        return await self.run("import", str(path), "--shop", shop, *words)


@pytest.fixture
def shell(database_url: str, tmp_path: Path) -> Shell:
    return Shell(database_url, tmp_path)


async def count(database: Database, table: str) -> int:
    async with database.reading() as reader:
        return int(await reader.value(f"SELECT count(*) FROM {table}"))


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that another process does."""
    for _ in range(1_200):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to that")


async def test_a_dry_run_says_what_would_happen_and_the_run_does_it(
    database: Database, merchant: Merchant, shell: Shell
) -> None:
    path = shell.file(TWO_TEAS.encode("gb18030"))
    dry = await shell.import_file(path, "--dry-run", "--json")
    told = json.loads(dry.stdout)
    assert (dry.returncode, told["dry_run"], told["encoding"], told["dialect"]) == (0, True, "GB18030", "shopify")
    assert [(row["handle"], row["fate"]) for row in told["rows"]] == [("oolong", "create"), ("puer", "create")]
    assert await count(database, "product") == 0
    assert await count(database, "product_import_row") == 0

    done = await shell.import_file(path, "--json", "--category", "snacks", "--on-sale")
    told = json.loads(done.stdout)
    assert (done.returncode, told["state"], told["counts"]["created"]) == (0, "applied", 2)
    assert all(row["product_id"] for row in told["rows"])
    assert await count(database, "product WHERE sale_status = 'on_sale'") == 2

    again = await shell.import_file(path)
    assert again.returncode == 0
    assert "Unchanged" in again.stdout
    assert await count(database, "product") == 2


async def test_wrong_products_end_with_3_and_are_named_with_row_and_column(
    database: Database, merchant: Merchant, shell: Shell
) -> None:
    path = shell.file(HEAD + OOLONG.replace("109", "面议") + PUER)
    for_people = await shell.import_file(path, "--dry-run")
    assert for_people.returncode == 3
    for words in ("Variant Price", "面议", "3"):
        assert words in for_people.stdout
    for_programs = await shell.import_file(path, "--json")
    assert for_programs.returncode == 3
    (wrong,) = [row for row in json.loads(for_programs.stdout)["rows"] if row["fate"] == "wrong"]
    assert [(each["row"], each["column"], each["cell"]) for each in wrong["problems"]] == [
        (3, "Variant Price", "面议")
    ]
    assert await count(database, "product") == 1


@pytest.mark.parametrize(
    ("content", "words", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(300), [], "import_file_is_no_table"),
        (b"", [], "import_file_empty"),
        (b"Name,Colour\na,b\n", [], "import_columns_missing"),
        (b'Handle,Title,Variant Price\na,"open,1\n', [], "import_row_unreadable"),
        (TWO_TEAS.encode(), ["--category", "moon"], "invalid_fields"),
        (TWO_TEAS.encode(), ["--as", "nobody"], "shop_without_member"),
    ],
)
async def test_what_cannot_be_done_ends_with_1_and_says_why_in_both_languages(
    database: Database, merchant: Merchant, shell: Shell, content: bytes, words: list[str], code: str
) -> None:
    refused = await shell.import_file(shell.file(content), "--json", *words)
    error = json.loads(refused.stdout)["error"]
    assert (refused.returncode, error["code"], set(error["messages"])) == (1, code, {"zh_CN", "en"})
    assert "Traceback" not in refused.stderr
    assert await count(database, "product") == 0


async def test_a_shop_is_named_by_number_or_exact_name(
    database: Database, merchant: Merchant, shell: Shell
) -> None:
    path = shell.file(TWO_TEAS)
    unknown = await shell.import_file(path, "--json", shop="海宁")
    assert json.loads(unknown.stdout)["error"]["code"] == "shop_unknown"
    assert (await shell.import_file(path, "--dry-run", shop=str(merchant.shop.shop_id))).returncode == 0
    await open_merchant(database)
    twice = await shell.import_file(path, "--json")
    assert json.loads(twice.stdout)["error"]["code"] == "shop_ambiguous"


def _created(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT count(*) FROM product").fetchone()
        return 0 if found is None else int(found[0])


async def test_a_power_cut_while_importing_makes_nothing_twice_and_the_worker_finishes(
    database: Database, merchant: Merchant, shell: Shell, database_url: str
) -> None:
    path = shell.file(numbered(1_500))
    process = shell.start("import", str(path), "--shop", str(merchant.shop.shop_id), "--category", "tea")
    await until(lambda: _created(database_url) >= 200)
    process.kill()
    process.communicate()
    broken_off = await count(database, "product")
    assert 200 <= broken_off < 1_500
    assert broken_off % 100 == 0, "a set is done whole or not at all"

    while await apply_imports(database):
        pass
    async with database.reading() as reader:
        assert await reader.records("SELECT state, counts ->> 'created' AS created FROM product_import") == [
            {"state": "applied", "created": "1500"}
        ]
    assert await count(database, "product") == 1_500
    assert await count(database, "stock WHERE received = 7 AND available = 7") == 1_500
    assert await count(database, "audit_entry WHERE action = 'catalog:product:import'") == 1_500


async def test_a_power_cut_while_reading_is_read_on_by_whoever_comes_next(
    database: Database, merchant: Merchant, shell: Shell, database_url: str
) -> None:
    kept = await preview(database, merchant, numbered(4_000) + "\n" * SMALL_FILE_BYTES)
    assert kept.state is ImportState.READING
    worker = shell.start("worker")

    def read_some() -> bool:
        with psycopg.connect(database_url) as connection:
            found = connection.execute("SELECT products_read FROM product_import").fetchone()
            return found is not None and found[0] >= 200

    await until(read_some)
    worker.kill()
    worker.communicate()
    broken_off = (await now(database, merchant, kept)).products_read
    for _ in range(100):
        # PostgreSQL needs a moment to see that the dead worker let go.
        if await read_files(database):
            break
        await asyncio.sleep(0.05)
    read = await now(database, merchant, kept)
    assert (read.state, read.counts) == (ImportState.PREVIEWED, ImportCounts(create=4_000))
    assert 200 <= broken_off <= 4_000
    async with database.reading() as reader:
        assert await reader.value("SELECT count(DISTINCT handle) FROM product_import_row") == 4_000
        assert await reader.value("SELECT max(position) FROM product_import_row") == 3_999


async def test_the_worker_reads_and_applies_by_itself(
    database: Database, merchant: Merchant, shell: Shell, database_url: str
) -> None:
    kept = await begin(database, merchant, await preview(database, merchant, numbered(250)))
    large = await preview(database, merchant, HEAD + OOLONG + "\n" * SMALL_FILE_BYTES)
    worker = shell.start("worker")
    await until(lambda: _created(database_url) == 250)
    for _ in range(400):
        if (await now(database, merchant, large)).state is ImportState.PREVIEWED:
            break
        await asyncio.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    await asyncio.to_thread(worker.communicate)
    assert (await now(database, merchant, kept)).counts == ImportCounts(created=250)
    assert [row.fate for row in await rows(database, merchant, large)] == [Fate.CREATE]


async def test_ctrl_c_stops_in_order_and_the_same_command_goes_on(
    database: Database, merchant: Merchant, shell: Shell, database_url: str
) -> None:
    path = shell.file(numbered(1_500))
    words = ("import", str(path), "--shop", str(merchant.shop.shop_id), "--category", "tea")
    process = shell.start(*words)
    await until(lambda: _created(database_url) >= 100)
    process.send_signal(signal.SIGINT)
    _, told = await asyncio.to_thread(process.communicate)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert "Stopped" in told
    stopped_at = await count(database, "product")
    assert stopped_at < 1_500
    assert await apply_imports(database) == 0, "nobody goes on behind one's back"

    again = json.loads((await shell.run(*words, "--json")).stdout)
    assert again["counts"]["created"] == 1_500 - stopped_at
    assert again["counts"]["unchanged"] == stopped_at
    assert await count(database, "product") == 1_500


async def test_ctrl_c_while_reading_changes_nothing(
    database: Database, merchant: Merchant, shell: Shell, database_url: str
) -> None:
    path = shell.file(numbered(20_000))
    process = shell.start("import", str(path), "--shop", str(merchant.shop.shop_id))

    def reads() -> bool:
        with psycopg.connect(database_url) as connection:
            found = connection.execute("SELECT products_read FROM product_import").fetchone()
            return found is not None and found[0] >= 200

    await until(reads)
    process.send_signal(signal.SIGINT)
    _, told = await asyncio.to_thread(process.communicate)
    assert (process.returncode, "Traceback" in told) == (130, False)
    assert await count(database, "product") == 0
    assert await count(database, "product_import_row") == 0
    assert await count(database, "product_import WHERE state = 'discarded'") == 1


async def test_fifty_thousand_rows_need_hardly_more_memory_than_two(
    database: Database, merchant: Merchant, shell: Shell
) -> None:
    few, many = shell.file(TWO_TEAS, "few.csv"), shell.file(numbered(50_000), "many.csv")

    async def held_kib(path: Path) -> tuple[int, dict[str, int]]:
        words = ("import", str(path), "--dry-run", "--shop", str(merchant.shop.shop_id), "--category", "tea")
        process = shell.start(*words, script=MEASURED)
        _, told = await asyncio.to_thread(process.communicate)
        async with database.reading() as reader:
            counts = await reader.value("SELECT counts FROM product_import ORDER BY import_id DESC LIMIT 1")
        return int(told.split()[-1]), counts

    small, _ = await held_kib(few)
    large, counts = await held_kib(many)
    assert counts["create"] == 50_000
    assert large - small < GROWTH_KIB_MAX, f"{small} KiB, then {large} KiB"
