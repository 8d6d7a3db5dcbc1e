"""How the web process is started: one place for the server's flags, used by `serve` and by the demo."""

import sys

APPLICATION = "yellowcart.app:create_application"
DEMO_APPLICATION = "yellowcart.demo.site:create_application"

BACKLOG = 4_096
"""Connections that may be open at once; every open room page holds one for its stream."""

KILL_AFTER_S = 3
"""Open streams never end by themselves: so long after the signal they are cut."""


def server_command(*, host: str, port: int, demo: bool, workers: int = 1) -> list[str]:
    """The command of the web process: granian on this interpreter, serving the platform or its demo from one or
    more workers. Each worker is a process with connections and lanes of its own."""
    return [
        sys.executable, "-W", "ignore::UserWarning", "-m", "granian",
        "--interface", "asgi", "--factory", "--host", host, "--port", str(port), "--workers", str(workers),
        "--http", "1", "--no-ws", "--loop", "uvloop", "--no-access-log",
        "--backlog", str(BACKLOG), "--backpressure", str(BACKLOG),
        "--workers-kill-timeout", str(KILL_AFTER_S), "--log-level", "warning",
        DEMO_APPLICATION if demo else APPLICATION,
    ]  # fmt: skip
