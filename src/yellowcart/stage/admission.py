"""What the link rules say to somebody who is putting goods into a cart at this moment, in this transaction.

Listing and enforcing must not pass each other by: a listing judged a moment before a rule begins and committed
a moment after the enforcement job looked would stay in its cart for good. So whoever lists holds a shared lock
until commit, and the job (`stage.enforce`) takes the same lock alone. Because processes hear of a moved clock
at slightly different moments, what the job has already carried out counts as begun, whatever this process's
clock says.
"""

from datetime import datetime

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.kill_switches import Switch, require_open
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.model import Surface, Verdict
from yellowcart.links.rules import verdict
from yellowcart.links.store import read_timeline

CART_DOOR = 0x59_43_44
"""Advisory lock of this database: shared by those who list, taken alone by the enforcement job."""


async def admit(writer: Writer, surface: Surface, source: str) -> Verdict:
    """The verdict for goods of the source that are listed now. Raises RefusedByLinkRule, SwitchedOff.

    Call it before locking rooms or listings: the enforcement job takes the lock first, too.
    """
    await require_open(writer, Switch.LISTING)
    await writer.run("SELECT pg_advisory_xact_lock_shared(%(door)s)", door=CART_DOOR)
    enforced: datetime | None = await writer.value(
        "SELECT max(effective_at) FROM enforced_change WHERE surface = %(surface)s AND source = %(source)s",
        surface=surface.value,
        source=source,
    )
    now = clock.now()
    judged = verdict(await read_timeline(writer), surface, source, now if enforced is None else max(now, enforced))
    if not judged.admits:
        raise RefusedByLinkRule(judged)
    return judged


async def close_the_door(writer: Writer) -> None:
    """Wait until everybody who is listing has committed, and let nobody list until this transaction ends."""
    await writer.run("SELECT pg_advisory_xact_lock(%(door)s)", door=CART_DOOR)
