"""Money is an integer of fen, a rate an integer of basis points, and shares always sum to the whole.

No other module multiplies an amount by a rate: what is rounded, and to whose favour, is decided here.
Source of the split's order of deductions: domain.md §3.2 and the worked example of §3.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType

Fen = NewType("Fen", int)
"""An amount in fen (1/100 yuan)."""

BasisPoints = NewType("BasisPoints", int)
"""A rate in 1/10,000: 2,000 is 20 %."""

WHOLE = BasisPoints(10_000)


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
