"""The files that the sides of a case have shown, and who may see them: its buyer, its shop and the platform."""

from collections.abc import Sequence

from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.model import EVIDENCE_OF_STEP, CaseStep
from yellowcart.kernel.database import Reader
from yellowcart.uploads.model import Upload
from yellowcart.uploads.queries import uploads_of
from yellowcart.uploads.reading import allow_reading


async def may_see_evidence(reader: Reader, person: Person | None, subject: str) -> bool:
    """Whether somebody may see what is attached to a step of a case (`model.evidence_subject`)."""
    numbers = subject.removeprefix(f"{EVIDENCE_OF_STEP}:").split("-")
    if person is None or len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
        return False
    if person.has(Role.OPERATOR):
        return True
    return bool(
        await reader.value(
            """
            SELECT true FROM aftersale
            WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s
              AND (
                  buyer_id = %(person_id)s
                  OR EXISTS (
                      SELECT FROM shop_member
                      WHERE shop_member.shop_id = aftersale.shop_id AND shop_member.person_id = %(person_id)s
                  )
              )
            """,
            shop_id=int(numbers[0]),
            aftersale_id=int(numbers[1]),
            person_id=person.person_id,
        )
    )


async def files_of_steps(reader: Reader, steps: Sequence[CaseStep]) -> dict[int, list[Upload]]:
    """The files of each step, by the step's id."""
    found = await uploads_of(reader, [step.evidence_subject for step in steps if step.evidence])
    return {step.step_id: found.get(step.evidence_subject, []) for step in steps if step.evidence}


allow_reading(EVIDENCE_OF_STEP, may_see_evidence)
