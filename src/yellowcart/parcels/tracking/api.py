"""What tracking sources send."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from yellowcart.accounts.access import PUBLIC
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.raw_http import BodyUnreadable
from yellowcart.kernel.settings import Settings
from yellowcart.parcels.tracking.intake import Intake, ToldEvents, take_in_events
from yellowcart.parcels.tracking.signature import verify
from yellowcart.parcels.tracking.sources import active_source, note_heard

MessageId = Annotated[str, HeaderParameter(name="webhook-id", description="Names the message.")]
Timestamp = Annotated[
    str, HeaderParameter(name="webhook-timestamp", description="When it was sent, in whole seconds since 1970.")
]
Signature = Annotated[
    str,
    HeaderParameter(
        name="webhook-signature", description="`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."
    ),
]


@post("/tracking/{source:str}", guards=[PUBLIC], status_code=200, security=[{}])
async def told(
    request: Request[Any, Any, Any],
    source: FromPath[str],
    message_id: MessageId,
    timestamp: Timestamp,
    signature: Signature,
    database: NamedDependency[Database],
) -> Intake:
    """A tracking source tells of parcels: a JSON list of `{carrier, waybill, status, at, place, text}`, signed
    after the Standard Webhooks specification with the secret that the operator gave the source.

    At most 500 events and 64 KB. `status` is collected, in_transit, out_for_delivery, problem, delivered or
    returned; `at` an aware ISO time. Events may come in any order and as often as they like; those of waybills
    that no shop has named wait for a day. Refusals: `tracking_source_unknown`, `signature_wrong` (also for a
    message older than five minutes), `body_malformed`.
    """
    settings: Settings = request.app.state.settings
    body = await request.body()
    async with database.reading() as reader:
        known = await active_source(reader, source)
    verify(
        known.secrets(settings.secret, clock.now()),
        message_id=message_id,
        timestamp=timestamp,
        signature=signature,
        body=body,
        now=clock.system_now(),
    )
    try:
        events = msgspec.json.decode(body, type=ToldEvents)
    except JSON_UNREADABLE as error:
        raise BodyUnreadable(reason=str(error)) from error
    async with database.writing() as writer:
        await note_heard(writer, known.source)
        return await take_in_events(writer, known.source, events)


ROUTES = Router("/api/v1", route_handlers=[told], tags=["parcels"])
