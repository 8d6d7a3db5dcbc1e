"""For those who keep the platform running: is it alive, is it ready, what does it count."""

from litestar import Response, Router, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from yellowcart.accounts.access import PUBLIC
from yellowcart.kernel.database import Database
from yellowcart.kernel.parked_events import count_parked

_parked_events = Gauge(
    "yellowcart_parked_events",
    "Events that could not be delivered and wait for an operator, in the whole installation",
)


@get("/healthz", guards=[PUBLIC], include_in_schema=False)
async def healthz() -> str:
    """The process answers."""
    return "alive\n"


@get("/readyz", guards=[PUBLIC], include_in_schema=False)
async def readyz(database: NamedDependency[Database]) -> Response[str]:
    """The process can serve: its database answers."""
    try:
        ready = await database.answers()
    except Exception:  # whatever is wrong with the database, the answer is the same: not ready
        ready = False
    return Response("ready\n" if ready else "database does not answer\n", status_code=200 if ready else 503)


@get("/metrics", guards=[PUBLIC], include_in_schema=False)
async def metrics(database: NamedDependency[Database]) -> Response[bytes]:
    """Prometheus metrics of this process, and the parked events of the installation (NaN while the database does
    not answer). Keep it off the public side of the reverse proxy."""
    try:
        async with database.reading() as reader:
            _parked_events.set(await count_parked(reader))
    except Exception:  # what this process counts is told whatever is wrong with the database
        _parked_events.set(float("nan"))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES = Router("/", route_handlers=[healthz, readyz, metrics])
