"""The order lane as it was when the foundation was finished: what today's is held against in the same run.

Its source comes out of git, its web process runs on the same interpreter and packages as today's, with a database
of its own on the same PostgreSQL. It sells one piece at the usual price, as it did then.
"""

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import msgspec

from bench.attempts import ADDRESS, order_spec
from bench.load import LoadSpec
from bench.platform_under_test import (
    CHECKOUT,
    HOME,
    PlatformUnderTest,
    empty_database,
    environment_of,
    platform_under_test,
)
from tests.small_world import SmallWorld

COMMIT = "2770d859963711f7926a0d1b3f3012bc06ae68ed"
"""The last commit before orders had coupons, freight, special prices and a judge."""

PARTS = ("src", "bench", "tests/small_world.py")
GIT_WITHIN_S = 60
PREPARE_WITHIN_S = 120

_PREPARE = """
import asyncio, dataclasses, json, sys
from tests.small_world import PRICE_FEN, make_small_world
from yellowcart.kernel.database import Database
from yellowcart.schema import migrate

async def prepare(url, pieces, limit):
    database = Database(url, pool_size=2)
    await database.open()
    world = await make_small_world(database, pieces=pieces, limit_per_buyer=limit)
    await database.close()
    return json.dumps({"world": dataclasses.asdict(world), "price_fen": PRICE_FEN})

url, pieces, limit = sys.argv[1:]
migrate(url)
print(asyncio.run(prepare(url, int(pieces), int(limit))))
"""
"""Run within the checkout: its own migrations, its own small world."""


class _Prepared(msgspec.Struct, frozen=True):
    world: SmallWorld
    price_fen: int


class Foundation(msgspec.Struct, frozen=True):
    """The running foundation and the goods that it sells."""

    platform: PlatformUnderTest
    world: SmallWorld
    price_fen: int

    def attempts(self, *, first_number: int, requests: int, connections: int, seconds: float) -> LoadSpec:
        """One piece for each of `requests` buyers, as an order was asked for then."""
        body = {
            "listing_id": self.world.listing_id,
            "sku_id": self.world.sku_id,
            "quantity": 1,
            "unit_price_fen": self.price_fen,
            "address": ADDRESS,
        }
        return order_spec(
            self.platform,
            msgspec.json.encode(body).decode(),
            first_number=first_number,
            requests=requests,
            connections=connections,
            seconds=seconds,
        )


def _as_it_is(member: tarfile.TarInfo, _folder: str) -> tarfile.TarInfo:
    return member


def foundation_checkout(given: Path | None, home: Path = HOME, commit: str = COMMIT) -> Path | None:
    """The checkout that was named, else one taken out of git into `home` (and kept there); None when the commit is
    not in this clone. Raises ValueError for a named folder that is no checkout."""
    if given is not None:
        if not all((given / part).exists() for part in PARTS):
            raise ValueError(f"{given} is no checkout: it needs {', '.join(PARTS)}")
        return given.resolve()
    target = home / f"foundation-{commit[:7]}"
    if target.exists():
        return target
    try:
        archive = subprocess.run(
            ["git", "-C", str(CHECKOUT), "archive", "--format=tar", commit, "--", *PARTS],
            capture_output=True,
            timeout=GIT_WITHIN_S,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    unfinished = home / f"{target.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        # As a filter's argument this is newer than the oldest Python 3.11.
        files.extraction_filter = getattr(tarfile, "data_filter", _as_it_is)
        files.extractall(unfinished)
    unfinished.rename(target)
    return target


@contextmanager
def foundation_under_test(
    server_url: str, checkout: Path, *, pieces: int, limit_per_buyer: int, home: Path = HOME
) -> Iterator[Foundation]:
    """The foundation's web process on a database of its own. Raises RuntimeError when it does not come up."""
    with empty_database(server_url) as database_url:
        done = subprocess.run(
            [sys.executable, "-c", _PREPARE, database_url, str(pieces), str(limit_per_buyer)],
            cwd=checkout,
            env=environment_of(checkout),
            capture_output=True,
            timeout=PREPARE_WITHIN_S,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-2000:]
            raise RuntimeError(f"the foundation could not be prepared: {said}")
        prepared = msgspec.json.decode(done.stdout.splitlines()[-1], type=_Prepared)
        with platform_under_test(database_url, home / "foundation.home", checkout) as platform:
            yield Foundation(platform, prepared.world, prepared.price_fen)
