"""Money is an integer of fen, a rate an integer of basis points, and shares always sum to the whole.

No other module multiplies an amount by a rate: what is rounded, and to whose favour, is decided here.
Source of the split's order of deductions: domain.md §3.2 and the worked example of §3.5.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType

from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.translation import N_

Fen = NewType("Fen", int)
"""An amount in fen (1/100 yuan)."""

BasisPoints = NewType("BasisPoints", int)
"""A rate in 1/10,000: 2,000 is 20 %."""

WHOLE = BasisPoints(10_000)

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?")


class AmountUnreadable(Invalid):
    """What was written is not an amount of money."""

    code = "amount_unreadable"
    message = N_("Write an amount in yuan, with at most two decimals, such as 12.50.")


class RateUnreadable(Invalid):
    """What was written is not a rate."""

    code = "rate_unreadable"
    message = N_("Write a percentage from 0 to 100, with at most two decimals, such as 12.5.")


def parse_yuan(text: str) -> Fen:
    """Yuan as people write them, in fen, exactly: `12.5` is 1,250. The only place where text becomes money.

    Plain decimal digits only: no sign, no thousands separator, no currency, no exponent, no formula, and
    never a third decimal to be rounded. Raises AmountUnreadable.
    """
    found = _DECIMAL.fullmatch(text.strip())
    if found is None:
        raise AmountUnreadable
    return Fen(int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")))


def write_yuan(fen: int) -> str:
    """An amount that is not negative as `parse_yuan` reads it: 1,250 fen is `12.50`."""
    if fen < 0:
        raise ValueError("an amount in a form is not negative")
    return f"{fen // 100}.{fen % 100:02d}"


def parse_percent(text: str) -> BasisPoints:
    """A percentage as people write it, in basis points, exactly: `12.5` is 1,250. Raises RateUnreadable."""
    found = _DECIMAL.fullmatch(text.strip().removesuffix("%").rstrip())
    if found is None:
        raise RateUnreadable
    rate = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if rate > WHOLE:
        raise RateUnreadable
    return BasisPoints(rate)


def write_percent(rate: int) -> str:
    """A rate as `parse_percent` reads it, without needless zeros: 1,250 basis points are `12.5`."""
    text = write_yuan(rate)
    return text.rstrip("0").rstrip(".")


def portion(amount: int, rate: int) -> Fen:
    """`rate` basis points of `amount` fen, rounded down to the fen: nobody is paid a fen that is not there."""
    if amount < 0:
        raise ValueError("a portion is taken of an amount that is not negative")
    if not 0 <= rate <= WHOLE:
        raise ValueError("a rate lies between 0 and 10,000 basis points")
    return Fen(amount * rate // WHOLE)


def allocate(amount: int, weights: Mapping[str, int], *, residue_to: str) -> dict[str, Fen]:
    """Share `amount` fen by integer weights; the shares sum to the amount exactly.

    Every share is first rounded down; the fen left over go one by one to the largest remainders, and
    `residue_to` is served first among equals, so that the order of the mapping decides nothing.
    Raises ValueError for negative amounts or weights, for weights that sum to zero, and when `residue_to`
    has no weight entry.
    """
    if amount < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("amounts and weights are not negative")
    if residue_to not in weights:
        raise ValueError(f"{residue_to!r} is not among the parties")
    total = sum(weights.values())
    if total == 0:
        raise ValueError("weights sum to zero")
    shares = {party: amount * weight // total for party, weight in weights.items()}
    by_remainder = sorted(
        weights, key=lambda party: (-(amount * weights[party] % total), party != residue_to, party)
    )
    for party in by_remainder[: amount - sum(shares.values())]:
        shares[party] += 1
    return {party: Fen(share) for party, share in shares.items()}


@dataclass(frozen=True, kw_only=True)
class Share:
    """One deduction of a split: `rate` basis points of what `of` holds so far go to `party`.

    `of` is None for a deduction reckoned on the base and taken from the owner of the remainder.
    """

    party: str
    rate: int
    of: str | None = None


def split(base: int, shares: Sequence[Share], *, remainder_to: str) -> dict[str, Fen]:
    """Split `base` fen by `shares`, in their order; the party of the remainder takes what is left.

    A share with `of=None` is reckoned on the whole base (commission, service fee, take rate); a share with
    `of="creator"` is reckoned on what that party holds when its turn comes (technical service fee on a
    commission, an MCN's part of it) and is taken out of it. The result names every party and sums to the
    base. Raises ValueError when the shares ask for more than there is.
    """
    held: dict[str, int] = {remainder_to: base}
    for share in shares:
        payer = remainder_to if share.of is None else share.of
        amount = portion(base if share.of is None else held.get(payer, 0), share.rate)
        if amount > held.get(payer, 0):
            raise ValueError(f"the shares ask for more than {payer} holds")
        held[payer] = held.get(payer, 0) - amount
        held[share.party] = held.get(share.party, 0) + amount
    return {party: Fen(amount) for party, amount in held.items()}
