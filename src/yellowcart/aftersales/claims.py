"""Operators take cases to decide them, so that two of them do not decide the same one."""

from datetime import datetime, timedelta

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.aftersales.errors import ActionImpossible, ArbiterIsParty, CaseClaimed
from yellowcart.aftersales.model import IN_ARBITRATION, AftersaleId, Case, case_subject
from yellowcart.aftersales.store import HeldCase, hold_case
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import PersonId, ShopId

CLAIM_LASTS = timedelta(hours=2)
"""So long a case belongs to the operator who took it; then anybody may take it. Our choice."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Who took a case, and until when it is theirs."""

    operator_id: PersonId
    operator_name: str
    claimed_at: datetime
    lapses_at: datetime


async def claim_of(reader: Reader, shop_id: ShopId, aftersale_id: AftersaleId) -> Claim | None:
    """Whose case it is now, None when it is nobody's."""
    return await reader.row(
        Claim,
        """
        SELECT claim.operator_id, coalesce(person.name, '') AS operator_name, claim.claimed_at, claim.lapses_at
        FROM aftersale_claim AS claim LEFT JOIN person ON person.person_id = claim.operator_id
        WHERE claim.shop_id = %(shop_id)s AND claim.aftersale_id = %(aftersale_id)s AND claim.lapses_at > %(now)s
        """,
        shop_id=shop_id,
        aftersale_id=aftersale_id,
        now=clock.now(),
    )


async def claim_case(writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId) -> Claim:
    """An operator takes a case in which the platform was called; taking it again begins the time anew.

    Raises AftersaleUnknown, ArbiterIsParty, ActionImpossible (the platform was not called), CaseClaimed.
    """
    held = await hold_as_platform(writer, person, shop_id, aftersale_id)
    if held.case.state not in IN_ARBITRATION:
        raise ActionImpossible
    before, now = await claim_of(writer, shop_id, aftersale_id), clock.now()
    await writer.run(
        """
        INSERT INTO aftersale_claim (shop_id, aftersale_id, operator_id, claimed_at, lapses_at)
        VALUES (%(shop_id)s, %(aftersale_id)s, %(person_id)s, %(now)s, %(lapses_at)s)
        ON CONFLICT (shop_id, aftersale_id) DO UPDATE
        SET operator_id = excluded.operator_id, claimed_at = excluded.claimed_at, lapses_at = excluded.lapses_at
        """,
        shop_id=shop_id,
        aftersale_id=aftersale_id,
        person_id=person.person_id,
        now=now,
        lapses_at=now + CLAIM_LASTS,
    )
    claim = await claim_of(writer, shop_id, aftersale_id)
    assert claim is not None
    await _record(writer, person, aftersale_id, "claim", before, claim)
    return claim


async def release_case(writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId) -> None:
    """An operator gives a case back that they took; what is nobody's stays so. Raises AftersaleUnknown,
    ArbiterIsParty, CaseClaimed (somebody else's)."""
    await hold_as_platform(writer, person, shop_id, aftersale_id)
    before = await claim_of(writer, shop_id, aftersale_id)
    await writer.run(
        "DELETE FROM aftersale_claim WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s",
        shop_id=shop_id,
        aftersale_id=aftersale_id,
    )
    if before is not None:
        await _record(writer, person, aftersale_id, "release", before, None)


async def hold_as_platform(
    writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId, *, version: int | None = None
) -> HeldCase:
    """Lock a case for an operator. Raises AftersaleUnknown, CaseChanged, ArbiterIsParty, CaseClaimed (another
    operator has it)."""
    held = await hold_case(writer, shop_id, aftersale_id, version=version)
    if await is_party(writer, person, held.case):
        raise ArbiterIsParty
    claim = await claim_of(writer, shop_id, aftersale_id)
    if claim is not None and claim.operator_id != person.person_id:
        until = claim.lapses_at.astimezone(SHANGHAI).strftime("%H:%M")
        raise CaseClaimed(name=claim.operator_name, until=until)
    return held


async def _record(
    writer: Writer, person: Person, aftersale_id: AftersaleId, verb: str, before: Claim | None, after: Claim | None
) -> None:
    """Who had it and has it, and until when; without names, which the trail shows by itself."""
    had, has = (
        None if each is None else {"operator_id": each.operator_id, "lapses_at": each.lapses_at}
        for each in (before, after)
    )
    await audit.record(
        writer, person, f"aftersales:case:{verb}", case_subject(aftersale_id), before=had, after=has
    )


async def is_party(reader: Reader, person: Person, case: Case) -> bool:
    """Whether somebody bought it or works for the shop: such an operator may look, not decide."""
    if case.buyer_id == person.person_id:
        return True
    return bool(
        await reader.value(
            "SELECT true FROM shop_member WHERE shop_id = %(shop_id)s AND person_id = %(person_id)s",
            shop_id=case.shop_id,
            person_id=person.person_id,
        )
    )
