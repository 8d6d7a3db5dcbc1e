"""The forms in which sides of an after-sale act: read from a browser, and drawn again with what was typed."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.errors import (
    AmountImpossible,
    NoReasonExcluded,
    PriceNotLower,
    QuantityImpossible,
    ReasonUnfit,
    ReplacementSoldOut,
    WindowOver,
)
from yellowcart.aftersales.model import Case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.turns import Said
from yellowcart.consoles.forms import Form, refused_form
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.money import AmountUnreadable, parse_yuan
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.uploads import errors as upload_errors
from yellowcart.uploads.model import Upload, UploadPurpose
from yellowcart.uploads.queries import waiting_uploads
from yellowcart.uploads.received import keep_sent, text_of, texts_of, upload_ids_of
from yellowcart.uploads.rules import ACCEPTED, NUMBER_MAX
from yellowcart.uploads.storage import UploadStorage

EVIDENCE = "evidence"
_DIGITS_MAX = 16
_PLACES: dict[type[Refusal], str] = {
    AmountImpossible: "amount",
    QuantityImpossible: "quantity",
    ReasonUnfit: "reason",
    NoReasonExcluded: "reason",
    WindowOver: "reason",
    PriceNotLower: "",
    WaybillUsed: "waybill",
    ReplacementSoldOut: "",
    upload_errors.UploadUnsupported: EVIDENCE,
    upload_errors.UploadMisnamed: EVIDENCE,
    upload_errors.UploadEmpty: EVIDENCE,
    upload_errors.UploadTooLarge: EVIDENCE,
    upload_errors.UploadDamaged: EVIDENCE,
    upload_errors.PictureTooBig: EVIDENCE,
    upload_errors.VideoTooLong: EVIDENCE,
    upload_errors.VideoUnplayable: EVIDENCE,
    upload_errors.DocumentActive: EVIDENCE,
    upload_errors.UploadsWaiting: EVIDENCE,
    upload_errors.UploadsTooMany: EVIDENCE,
    upload_errors.UploadUnknown: EVIDENCE,
    upload_errors.StorageAway: EVIDENCE,
}
"""At which field of a form a refusal stands."""

EVIDENCE_FIELD: dict[str, object] = {
    "accepted_files": ACCEPTED[UploadPurpose.EVIDENCE],
    "files_most": NUMBER_MAX[UploadPurpose.EVIDENCE],
}
"""What the field for files has to know."""


class CaseForm(msgspec.Struct, frozen=True):
    """A form to draw: what stands in its fields, what is wrong, and the files that are kept already."""

    form: Form | None = None
    uploads: list[Upload] = []
    status: int = 200


def placed_form(refusal: Refusal, values: Mapping[str, str], locale: Locale) -> Form:
    """A form with its input kept, and the refusal at the field that it is about."""
    form = refused_form(refusal, values, locale)
    place = _PLACES.get(type(refusal), "")
    return {"values": form["values"], "errors": {place: refusal.text(locale)}} if place else form


async def form_again(
    reader: Reader,
    person: Person,
    data: Mapping[str, object],
    kept_ids: tuple[int, ...],
    refusal: Refusal,
    locale: Locale,
    status: int,
) -> CaseForm:
    """A refused form with what was typed and the files that were kept, also those that came with it."""
    ids = kept_ids or upload_ids_of(data)
    uploads = await waiting_uploads(reader, person.person_id, UploadPurpose.EVIDENCE, ids)
    return CaseForm(placed_form(refusal, texts_of(data), locale), uploads, status)


async def keep_evidence(
    database: Database, storage: UploadStorage, person: Person, data: Mapping[str, object]
) -> tuple[int, ...]:
    """The files that a form brings, by id. Raises what uploads raise."""
    return await keep_sent(database, storage, person, UploadPurpose.EVIDENCE, data, EVIDENCE)


def said_in(data: Mapping[str, object], evidence: tuple[int, ...]) -> Said:
    """What a form says, with the files that it brings."""
    return Said(words=text_of(data, "words").replace("\r\n", "\n"), evidence=list(evidence))


def amount_in(data: Mapping[str, object], name: str = "amount") -> int | None:
    """An amount that was typed in yuan, in fen; None for an empty field. Raises InvalidFields at the field."""
    typed = text_of(data, name).strip().removeprefix("¥").strip()
    if not typed:
        return None
    try:
        return parse_yuan(typed)
    except AmountUnreadable as unreadable:
        raise InvalidFields({name: unreadable.message}) from unreadable


def whole_in(data: Mapping[str, object], name: str) -> int:
    """A whole number that was typed. Raises InvalidFields at the field."""
    number = number_in(text_of(data, name))
    if number is None:
        raise InvalidFields({name: N_("Write a whole number.")})
    return number


def number_in(typed: str) -> int | None:
    """A whole number that is not negative and no longer than an id; None for anything else."""
    typed = typed.strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS_MAX else None


def version_in(data: Mapping[str, object]) -> int | None:
    """Which turn whoever acts has seen."""
    return number_in(text_of(data, "version"))


def kind_in(typed: str) -> CaseKind | None:
    """A kind of case, or None."""
    return CaseKind(typed) if typed in set(CaseKind) else None


def reason_in(typed: str) -> Reason:
    """A reason. Raises InvalidFields."""
    if typed not in set(Reason):
        raise InvalidFields({"reason": N_("Choose a reason.")})
    return Reason(typed)


def received_in(typed: str, kind: CaseKind, reason: Reason) -> bool:
    """Whether the buyer has the goods. Raises InvalidFields where it is asked and neither said nor plain."""
    if kind is CaseKind.REFUND_ONLY and reason is not Reason.NOT_RECEIVED and typed not in {"yes", "no"}:
        raise InvalidFields({"goods_received": N_("Say whether you have received it.")})
    return typed == "yes"


Act = Callable[[Writer, tuple[int, ...]], Awaitable[Case]]
"""What a form does, with the files that it brought."""


async def carry_out(
    database: Database,
    storage: UploadStorage,
    person: Person,
    data: Mapping[str, object],
    act: Act,
    locale: Locale,
) -> Case | CaseForm:
    """Keep the files of a form and do what it asks: the case as it stands then, or the form to show again. Raises
    NotFound for what is not there or not theirs."""
    kept: tuple[int, ...] = ()
    try:
        kept = await keep_evidence(database, storage, person, data)
        async with database.writing() as writer:
            return await act(writer, kept)
    except Refusal as refusal:
        if isinstance(refusal, NotFound) and not isinstance(refusal, upload_errors.UploadUnknown):
            raise
        async with database.reading() as reader:
            return await form_again(reader, person, data, kept, refusal, locale, status_of(refusal))
