"""A demo world that runs for browser tests: a database of its own, the web process and the worker on it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from tests.conftest import free_port, wait_until_ready
from yellowcart.demo.accounts import PASSWORD
from yellowcart.demo.children import end_with_parent
from yellowcart.serving import server_command

STOP_WITHIN_S = 8
WAIT_S = 20
CLI = [sys.executable, "-m", "yellowcart.cli"]
SHORT_STREAM = """
import sys
from pathlib import Path
from yellowcart.demo.sample_stream import make_sample_stream

make_sample_stream(Path(sys.argv[1]), seconds=6)
"""
"""The sample stream, a quarter as long: it plays in every room, and nobody watches it to its end."""
ADDRESS = {
    "recipient": "林小满",
    "phone": "13800000021",
    "province": "福建省",
    "city": "泉州市",
    "district": "安溪县",
    "street": "茶都路 1 号",
}

Row = dict[str, Any]
"""A row of the database by column names."""


@dataclass
class World:
    """The platform at an address, and what a test asks of it beside the browser."""

    url: str
    database_url: str
    _tokens: dict[str, str] = field(default_factory=dict)

    def rows(self, query: str, **values: object) -> list[Row]:
        """What stands in the database."""
        with psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def row(self, query: str, **values: object) -> Row:
        """The one row that a query finds."""
        (found,) = self.rows(query, **values)
        return found

    def wait_for(self, query: str, **values: object) -> None:
        """Wait until a query finds something: what the worker does shows in the database first."""
        deadline = time.monotonic() + WAIT_S
        while not self.rows(query, **values):
            assert time.monotonic() < deadline, f"this did not come about: {query} {values}"
            time.sleep(0.1)

    def change(self, query: str, **values: object) -> None:
        """Change exactly one row behind the platform's back."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            changed = connection.execute(query, values).rowcount
        assert changed == 1, f"{changed} rows changed"

    def session_of(self, login: str) -> str:
        """A session of one of the world's people, opened once."""
        if login not in self._tokens:
            answer = self._call("POST", "/api/v1/sessions", "", {"login": login, "password": PASSWORD})
            self._tokens[login] = str(answer["token"])
        return self._tokens[login]

    def call(self, login: str, method: str, path: str, body: object = None) -> Any:
        """A request to the API as somebody; the answer must be a success."""
        return self._call(method, path, self.session_of(login), body)

    def order(self, login: str, listing: Row, *, quantity: int = 1) -> Row:
        """Somebody orders through the order lane, without coupons. `listing` holds listing_id and sku_id."""
        token = self.call(login, "POST", "/api/v1/buyer-tokens")["token"]
        quote = self.quote(login, listing, quantity=quantity, coupons=[])
        named = ("listing_id", "sku_id", "quantity", "unit_price_fen", "special_price_id")
        wanted = {
            "lines": [{name: line[name] for name in named} for line in quote["lines"]],
            "total_fen": quote["price"]["total_fen"],
            "address": ADDRESS,
        }
        placed: Row = self._call("POST", "/api/v1/orders", token, wanted)
        return placed

    def quote(self, login: str, listing: Row, *, quantity: int = 1, coupons: list[Row] | None = None) -> Row:
        """What the checkout says of an order to ADDRESS; with the best coupons unless they are named."""
        line = {"listing_id": listing["listing_id"], "sku_id": listing["sku_id"], "quantity": quantity}
        place = {name: ADDRESS[name] for name in ("province", "city", "district")}
        asked = {"lines": [line], "place": place, "coupons": coupons}
        quote: Row = self.call(login, "POST", "/api/v1/checkout", asked)
        return quote

    def room(self, key_word: str) -> int:
        """The room on air whose title holds a word."""
        return int(
            self.row(
                "SELECT room_id FROM room WHERE state = 'live' AND title LIKE %(title)s", title=f"%{key_word}%"
            )["room_id"]
        )

    def goods_of_room(self, room_id: int, key_word: str) -> list[Row]:
        """The SKUs of a listing in a room's cart, the cheapest first, with what is available of each."""
        return self.rows(
            """
            SELECT listing_id, shop_id, product_id, sku_id, sku.name, sku.price_fen, available, product.version
            FROM listing
            JOIN product USING (shop_id, product_id)
            JOIN sku USING (shop_id, product_id)
            JOIN stock USING (shop_id, sku_id)
            WHERE room_id = %(room_id)s AND product.title LIKE %(title)s AND listing.state <> 'off_cart'
            ORDER BY sku.position
            """,
            room_id=room_id,
            title=f"%{key_word}%",
        )

    def _call(self, method: str, path: str, token: str, body: object) -> Any:
        headers = {"accept": "application/json", "idempotency-key": os.urandom(12).hex()}
        if token:
            headers["authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body)
        if content:
            headers["content-type"] = "application/json"
        # Without TLS to check, a request costs a hundredth of what reading the machine's certificates costs.
        answer = httpx.request(
            method,
            f"{self.url}{path}",
            headers=headers,
            content=content,
            timeout=20,
            trust_env=False,
            verify=False,
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@contextmanager
def running_world(database_url: str, home: Path, name: str, world: str = "kuaishou_2022") -> Iterator[World]:
    """Start the processes of a demo on a database seeded with a world; the sample stream is made beside them."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "YELLOWCART_HOME": str(home),
        "YELLOWCART_SECRET": "a secret for tests, long enough to sign with",
        "YELLOWCART_DEMO": "1",
        "YELLOWCART_WORLD": world,
        "YELLOWCART_POOL_SIZE": "6",
    }
    commands = {
        "web": server_command(host="127.0.0.1", port=port, demo=True),
        "worker": [*CLI, "worker"],
    }
    stream = home / "media" / "stream"
    if not stream.exists():
        commands["stream"] = [sys.executable, "-c", SHORT_STREAM, str(stream)]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for kind, command in commands.items():
            with (home / f"{name}-{kind}.log").open("ab") as log:
                running.append(
                    subprocess.Popen(
                        command,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        preexec_fn=end_with_parent,  # noqa: PLW1509 - it makes one system call, nothing else
                    )
                )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, running[0])
        except RuntimeError as error:
            raise AssertionError((home / f"{name}-web.log").read_text(errors="replace")) from error
        yield World(url, database_url)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a process that was asked to end has ended, and make it end with everything that it started."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_WITHIN_S)
    if process.poll() is None:
        process.kill()
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait(STOP_WITHIN_S)
