"""Carrying out link rules: at the moment a rule begins to refuse a source on a surface, its listings leave.

Which rules were carried out is a table, so that each is carried out exactly once, by whichever process comes
first, and also when nothing ran at that moment. Rules are taken in the order in which they begin. A rule speaks
of what was in a cart before it began: what was listed later was admitted by a later rule, and stays. Nothing is
ever put back, and orders are not looked at.
"""

from datetime import datetime

import msgspec
import structlog

from yellowcart.accounts import audit
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import PLATFORM, publish_many
from yellowcart.kernel.ids import NoticeId
from yellowcart.kernel.tasks import sweep
from yellowcart.links.model import Action, Surface
from yellowcart.stage.admission import close_the_door
from yellowcart.stage.events import ListingTakenOff, fields_of
from yellowcart.stage.model import Listing, OffReason
from yellowcart.stage.rules import empties_carts
from yellowcart.stage.taking_off import tell_of_gone

RULES_AT_ONCE = 50
"""Rules that one call carries out, each in a transaction of its own."""

log = structlog.get_logger()


class DueRule(msgspec.Struct, frozen=True):
    """A rule that has begun and was not carried out yet."""

    surface: Surface
    source: str
    effective_at: datetime
    action: Action
    notice_id: NoticeId


@sweep(every_s=1)
async def enforce_rules(database: Database) -> int:
    """Carry out the rules that have begun; answers how many this call carried out.

    Rules already carried out by another process meanwhile are passed over.
    """
    async with database.reading() as reader:
        due = await reader.rows(
            DueRule,
            """
            SELECT surface, source, effective_at, action, notice_id
            FROM link_rule AS rule
            WHERE effective_at <= %(now)s
              AND NOT EXISTS (
                  SELECT FROM enforced_change AS enforced
                  WHERE enforced.surface = rule.surface
                    AND enforced.source = rule.source
                    AND enforced.effective_at = rule.effective_at
              )
            ORDER BY effective_at, surface, source
            LIMIT %(most)s
            """,
            now=clock.now(),
            most=RULES_AT_ONCE,
        )
    done = 0
    for rule in due:
        async with database.writing() as writer:
            done += await enforce_rule(writer, rule)
    return done


async def enforce_rule(writer: Writer, rule: DueRule) -> bool:
    """Carry out one rule; False when somebody else has done so."""
    await close_the_door(writer)
    known = await writer.value(
        """
        SELECT true FROM enforced_change
        WHERE surface = %(surface)s AND source = %(source)s AND effective_at = %(effective_at)s
        """,
        surface=rule.surface.value,
        source=rule.source,
        effective_at=rule.effective_at,
    )
    if known:
        return False
    gone = await _take_off(writer, rule) if empties_carts(rule.action) else []
    await writer.run(
        """
        INSERT INTO enforced_change (surface, source, effective_at, enforced_at, listing_count)
        VALUES (%(surface)s, %(source)s, %(effective_at)s, %(now)s, %(listing_count)s)
        """,
        surface=rule.surface.value,
        source=rule.source,
        effective_at=rule.effective_at,
        now=clock.now(),
        listing_count=len(gone),
    )
    if gone:
        await publish_many(
            writer,
            [
                (
                    listing.shop_id or PLATFORM,
                    ListingTakenOff(**fields_of(listing), reason=OffReason.LINK_RULE, notice_id=rule.notice_id),
                )
                for listing in gone
            ],
            effective_at=rule.effective_at,
        )
        await tell_of_gone(writer, gone, OffReason.LINK_RULE)
        await audit.record(
            writer,
            None,
            "stage:rule:enforce",
            f"notice:{rule.notice_id}",
            after={"surface": rule.surface.value, "source": rule.source, "listings": len(gone)},
        )
    log.info(
        "rules.enforced", surface=rule.surface.value, source=rule.source, action=rule.action.value, gone=len(gone)
    )
    return True


async def _take_off(writer: Writer, rule: DueRule) -> list[Listing]:
    # Locked in the order of ids, like a creator's own changes, so that the two never wait for each other.
    return await writer.rows(
        Listing,
        """
        WITH gone AS MATERIALIZED (
            SELECT listing_id FROM listing
            WHERE surface = %(surface)s AND source = %(source)s AND state <> 'off_cart'
              AND coalesce(put_on_at, created_at) < %(effective_at)s
            ORDER BY listing_id
            FOR UPDATE
        )
        UPDATE listing
        SET state = 'off_cart', off_reason = 'link_rule', off_notice_id = %(notice_id)s, taken_off_at = %(now)s
        FROM gone
        WHERE listing.listing_id = gone.listing_id
        RETURNING listing.*
        """,
        surface=rule.surface.value,
        source=rule.source,
        effective_at=rule.effective_at,
        notice_id=rule.notice_id,
        now=clock.now(),
    )
