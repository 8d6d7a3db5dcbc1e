"""What freight costs, and what a freight template may say. Pure."""

from collections.abc import Sequence

from msgspec import UNSET

from yellowcart.freight.districts import provinces
from yellowcart.freight.errors import NotDeliveredThere
from yellowcart.freight.model import (
    DeliveryChange,
    FreightBasis,
    FreightItem,
    FreightReckoning,
    FreightTerms,
    FreightZone,
    NewFreightTemplate,
    ShipPromise,
)
from yellowcart.kernel.money import allocate
from yellowcart.kernel.translation import N_

TEMPLATES_MAX = 50
ZONES_MAX = 20
NAME_LENGTH_MAX = 40
FEE_FEN_MAX = 1_000_000
"""The largest fee of a first or a further step: 10,000 yuan."""
MEASURE_MAX = 1_000_000
"""The largest step: a million pieces, or a ton."""
WEIGHT_G_MAX = 1_000_000
FREE_ABOVE_FEN_MAX = 100_000_000
PRODUCTS_AT_ONCE_MAX = 500
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
PROMISES_S = (24 * HOUR_S, 48 * HOUR_S, 72 * HOUR_S)
"""Promises for goods in stock (domain.md §2.1)."""
PRESALE_DAYS = range(3, 16)
"""Days that a presale may promise (domain.md §2.1: 3 to 15)."""

Problem = str | tuple[str, dict[str, object]]
Problems = dict[str, Problem]


def freight_by_line(items: Sequence[FreightItem], province_code: str) -> list[int]:
    """The freight of every line in fen. Lines of one template are measured together; its fee goes to them in
    proportion to their goods by largest remainder. Raises NotDeliveredThere."""
    fees = [0] * len(items)
    for terms, positions in _by_template(items):
        lines = [items[position] for position in positions]
        goods_fen = sum(line.goods_fen for line in lines)
        fee = reckon(terms, _measured(terms, lines), goods_fen, province_code).fee_fen
        weights = {str(position): items[position].goods_fen for position in positions}
        if goods_fen == 0:
            weights = dict.fromkeys(weights, 1)
        for position, share in allocate(fee, weights, residue_to=str(positions[0])).items():
            fees[int(position)] = share
    return fees


def freight_explained(items: Sequence[FreightItem], province_code: str) -> list[FreightReckoning]:
    """How each template came to its fee, in the order of its first line. Raises NotDeliveredThere."""
    explained: list[FreightReckoning] = []
    for terms, positions in _by_template(items):
        lines = [items[position] for position in positions]
        goods_fen = sum(line.goods_fen for line in lines)
        explained.append(reckon(terms, _measured(terms, lines), goods_fen, province_code))
    return explained


def reckon(terms: FreightTerms, measured: int, goods_fen: int, province_code: str) -> FreightReckoning:
    """The fee of one template for `measured` pieces or grams of goods worth `goods_fen`. Raises
    NotDeliveredThere."""
    zone = zone_for(terms, province_code)
    if zone is None:
        raise NotDeliveredThere(province=provinces().get(province_code, province_code))
    steps = max(0, -(-(measured - zone.first) // zone.more))
    is_free = zone.free_above_fen is not None and goods_fen >= zone.free_above_fen
    return FreightReckoning(
        basis=terms.basis,
        zone=zone,
        measured=measured,
        steps=steps,
        goods_fen=goods_fen,
        is_free=is_free,
        fee_fen=0 if is_free else zone.first_fen + steps * zone.more_fen,
    )


def zone_for(terms: FreightTerms, province_code: str) -> FreightZone | None:
    """The zone that a province falls into; None where the template does not deliver."""
    if province_code in terms.not_delivered:
        return None
    for zone in terms.zones:
        if province_code in zone.province_codes:
            return zone
    return terms.elsewhere


def template_problems(template: NewFreightTemplate) -> Problems:
    """What is wrong with a template, by field: `name`, `zones`, `elsewhere.first`, `zones.0.first_fen` and so
    on."""
    problems: Problems = {}
    if not 1 <= len(template.name) <= NAME_LENGTH_MAX or not template.name.isprintable():
        problems["name"] = (N_("Give the template a name of 1 to %(most)s characters."), {"most": NAME_LENGTH_MAX})
    if not template.zones and template.elsewhere is None:
        problems["zones"] = N_("Say what delivery costs in at least one zone.")
    if len(template.zones) > ZONES_MAX:
        problems["zones"] = (N_("A template has at most %(most)s zones."), {"most": ZONES_MAX})
        return problems
    known = set(provinces())
    taken: dict[str, str] = dict.fromkeys(template.not_delivered, "not_delivered")
    if not set(template.not_delivered) <= known:
        problems["not_delivered"] = N_("Choose provinces from the list.")
    for number, zone in enumerate(template.zones):
        place = f"zones.{number}"
        problems |= _zone_problems(zone, place)
        codes = zone.province_codes
        if not codes:
            problems[f"{place}.province_codes"] = N_("Choose at least one province.")
        elif not set(codes) <= known or len(set(codes)) != len(codes):
            problems[f"{place}.province_codes"] = N_("Choose provinces from the list.")
        elif twice := [code for code in codes if code in taken]:
            problems[f"{place}.province_codes"] = (
                N_("%(province)s stands in two places of this template."),
                {"province": provinces()[twice[0]]},
            )
        taken |= dict.fromkeys(codes, place)
    if template.elsewhere is not None:
        problems |= _zone_problems(template.elsewhere, "elsewhere")
        if template.elsewhere.province_codes:
            problems["elsewhere"] = N_("The zone for everywhere else names no provinces.")
    return problems


def delivery_problems(change: DeliveryChange) -> Problems:
    """What is wrong with a change of products' delivery, by field: `product_ids`, `weight`, `promise`, `do`."""
    problems: Problems = {}
    if not 1 <= len(change.product_ids) <= PRODUCTS_AT_ONCE_MAX:
        problems["product_ids"] = (
            N_("Choose 1 to %(most)s products at once."),
            {"most": PRODUCTS_AT_ONCE_MAX},
        )
    if change.weight_g is not UNSET and not 1 <= change.weight_g <= WEIGHT_G_MAX:
        problems["weight"] = (
            N_("Write the weight of one piece in whole grams, from 1 to %(most)s."),
            {"most": WEIGHT_G_MAX},
        )
    if change.promise is not UNSET and not promise_stands(change.promise):
        problems["promise"] = N_("Choose 24, 48 or 72 hours, or a presale of 3 to 15 days.")
    if all(part is UNSET for part in (change.freight_template_id, change.weight_g, change.promise)):
        problems["do"] = N_("Choose what shall change: template, weight or promise.")
    return problems


def promise_stands(promise: ShipPromise) -> bool:
    """Whether a product may promise this: 24, 48 or 72 hours, or a presale of 3 to 15 whole days."""
    if promise.is_presale:
        days, rest = divmod(promise.ship_within_s, DAY_S)
        return rest == 0 and days in PRESALE_DAYS
    return promise.ship_within_s in PROMISES_S


def _zone_problems(zone: FreightZone, place: str) -> Problems:
    problems: Problems = {}
    measure: Problem = (N_("Write a whole number from 1 to %(most)s."), {"most": MEASURE_MAX})
    fee: Problem = (N_("Write an amount from 0 to %(most)s yuan."), {"most": FEE_FEN_MAX // 100})
    for name, amount in (("first", zone.first), ("more", zone.more)):
        if not 1 <= amount <= MEASURE_MAX:
            problems[f"{place}.{name}"] = measure
    for name, amount in (("first_fen", zone.first_fen), ("more_fen", zone.more_fen)):
        if not 0 <= amount <= FEE_FEN_MAX:
            problems[f"{place}.{name}"] = fee
    if zone.free_above_fen is not None and not 1 <= zone.free_above_fen <= FREE_ABOVE_FEN_MAX:
        problems[f"{place}.free_above_fen"] = (
            N_("Write an amount from 0.01 to %(most)s yuan, or leave it empty."),
            {"most": FREE_ABOVE_FEN_MAX // 100},
        )
    return problems


def _by_template(items: Sequence[FreightItem]) -> list[tuple[FreightTerms, list[int]]]:
    grouped: dict[int, tuple[FreightTerms, list[int]]] = {}
    for position, item in enumerate(items):
        terms = item.terms.freight
        if terms is not None:
            grouped.setdefault(terms.freight_template_id, (terms, []))[1].append(position)
    return list(grouped.values())


def _measured(terms: FreightTerms, lines: Sequence[FreightItem]) -> int:
    if terms.basis is FreightBasis.PIECE:
        return sum(line.pieces for line in lines)
    return sum(line.pieces * line.terms.weight_g for line in lines)
