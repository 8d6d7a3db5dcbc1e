"""The freight template's editor: between its flat fields and the values that freight takes.

A zone's provinces are boxes of their own (`zones.0.p.330000`), because a form is one text for each name.
"""

import re
from collections.abc import Mapping

import msgspec

from yellowcart.freight.model import FreightBasis, FreightTemplate, FreightZone, NewFreightTemplate
from yellowcart.freight.rules import MEASURE_MAX, ZONES_MAX, Problems
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.money import AmountUnreadable, parse_yuan, write_yuan
from yellowcart.kernel.translation import N_

ELSEWHERE = "elsewhere"
NOT_DELIVERED = "not_delivered"
_ZONE_FIELD = re.compile(r"zones\.(\d{1,3})\.([a-z_]+)(?:\.(\d{6}))?")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
ZONE_TEXTS = ("first", "first_fen", "more", "more_fen", "free_above_fen")


class ZoneRow(msgspec.Struct, frozen=True, kw_only=True):
    """A zone as texts: steps in pieces or grams, amounts in yuan, and the codes of its provinces."""

    place: str
    first: str = "1"
    first_fen: str = ""
    more: str = "1"
    more_fen: str = ""
    free_above_fen: str = ""
    provinces: frozenset[str] = frozenset()


class TemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    """The editor's content. `elsewhere` is None where the template does not deliver elsewhere."""

    name: str = ""
    basis: str = FreightBasis.PIECE.value
    zones: tuple[ZoneRow, ...] = ()
    elsewhere: ZoneRow | None = ZoneRow(place=ELSEWHERE)
    not_delivered: frozenset[str] = frozenset()


def form_of_values(values: Mapping[str, str]) -> TemplateForm:
    """What a form sent, its zones numbered anew from 0."""
    texts: dict[int, dict[str, str]] = {}
    codes: dict[int, set[str]] = {}
    for name, value in values.items():
        match = _ZONE_FIELD.fullmatch(name)
        if match is None:
            continue
        number = int(match[1])
        texts.setdefault(number, {})
        if match[2] == "p" and match[3]:
            codes.setdefault(number, set()).add(match[3])
        elif match[2] in ZONE_TEXTS:
            texts[number][match[2]] = value
    zones = tuple(
        _row_of_texts(f"zones.{place}", texts[number], frozenset(codes.get(number, ())))
        for place, number in enumerate(sorted(texts))
    )
    elsewhere = {name: values.get(f"{ELSEWHERE}.{name}", "") for name in ZONE_TEXTS}
    return TemplateForm(
        name=values.get("name", ""),
        basis=values.get("basis", ""),
        zones=zones,
        elsewhere=_row_of_texts(ELSEWHERE, elsewhere) if values.get("delivers_elsewhere") == "yes" else None,
        not_delivered=frozenset(name[-6:] for name in values if re.fullmatch(rf"{NOT_DELIVERED}\.\d{{6}}", name)),
    )


def form_of_template(template: FreightTemplate) -> TemplateForm:
    """The editor's content for a template as it is saved."""
    return TemplateForm(
        name=template.name,
        basis=template.basis.value,
        zones=tuple(_row_of(zone, f"zones.{number}") for number, zone in enumerate(template.zones)),
        elsewhere=None if template.elsewhere is None else _row_of(template.elsewhere, ELSEWHERE),
        not_delivered=frozenset(template.not_delivered),
    )


def with_zone(form: TemplateForm) -> TemplateForm:
    """The form and an empty zone, as long as there is room."""
    if len(form.zones) >= ZONES_MAX:
        return form
    return msgspec.structs.replace(form, zones=(*form.zones, ZoneRow(place=f"zones.{len(form.zones)}")))


def without_zone(form: TemplateForm, number: int) -> TemplateForm:
    """The form without one of its zones."""
    kept = [zone for place, zone in enumerate(form.zones) if place != number]
    renumbered = (msgspec.structs.replace(zone, place=f"zones.{place}") for place, zone in enumerate(kept))
    return msgspec.structs.replace(form, zones=tuple(renumbered))


def read_template(form: TemplateForm) -> NewFreightTemplate:
    """The template that the form describes. Raises InvalidFields for texts that are no numbers or amounts; what a
    template may say is for its verbs to judge."""
    problems: Problems = {}
    zones = tuple(_read_zone(zone, problems) for zone in form.zones)
    elsewhere = None if form.elsewhere is None else _read_zone(form.elsewhere, problems)
    basis = FreightBasis.PIECE
    try:
        basis = FreightBasis(form.basis)
    except ValueError:
        problems["basis"] = N_("Choose one of these.")
    if problems:
        raise InvalidFields(problems)
    return NewFreightTemplate(
        name=form.name,
        basis=basis,
        zones=zones,
        elsewhere=elsewhere,
        not_delivered=tuple(sorted(form.not_delivered)),
    )


def _read_zone(row: ZoneRow, problems: Problems) -> FreightZone:
    amounts: dict[str, int] = {}
    for name, text in (("first", row.first), ("more", row.more)):
        if _WHOLE_NUMBER.fullmatch(text.strip()):
            amounts[name] = int(text)
        else:
            problems[f"{row.place}.{name}"] = (
                N_("Write a whole number from 1 to %(most)s."),
                {"most": MEASURE_MAX},
            )
    fees = [("first_fen", row.first_fen), ("more_fen", row.more_fen)]
    if row.free_above_fen.strip():
        fees.append(("free_above_fen", row.free_above_fen))
    for name, text in fees:
        try:
            amounts[name] = parse_yuan(text)
        except AmountUnreadable as refusal:
            problems[f"{row.place}.{name}"] = refusal.message
    return FreightZone(
        province_codes=tuple(sorted(row.provinces)),
        first=amounts.get("first", 1),
        first_fen=amounts.get("first_fen", 0),
        more=amounts.get("more", 1),
        more_fen=amounts.get("more_fen", 0),
        free_above_fen=amounts.get("free_above_fen"),
    )


def _row_of_texts(place: str, texts: Mapping[str, str], provinces: frozenset[str] = frozenset()) -> ZoneRow:
    return ZoneRow(
        place=place,
        first=texts.get("first", ""),
        first_fen=texts.get("first_fen", ""),
        more=texts.get("more", ""),
        more_fen=texts.get("more_fen", ""),
        free_above_fen=texts.get("free_above_fen", ""),
        provinces=provinces,
    )


def _row_of(zone: FreightZone, place: str) -> ZoneRow:
    return ZoneRow(
        place=place,
        first=str(zone.first),
        first_fen=write_yuan(zone.first_fen),
        more=str(zone.more),
        more_fen=write_yuan(zone.more_fen),
        free_above_fen="" if zone.free_above_fen is None else write_yuan(zone.free_above_fen),
        provinces=frozenset(zone.province_codes),
    )
