"""Setting and reading what simulations assume of viewers whose outside link is gone."""

from collections.abc import Sequence

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.insight.simulation_model import Assumption
from yellowcart.insight.simulation_rules import DEFAULT_ASSUMPTIONS
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer


async def read_assumptions(reader: Reader) -> list[Assumption]:
    """One assumption for every scenario, from low to high: what an operator set, else the platform's defaults."""
    rows = await reader.rows(
        Assumption,
        """
        SELECT scenario, with_twin_basis_points, without_twin_basis_points, set_by, person.name AS set_by_name,
               set_at
        FROM simulation_assumption AS assumption
        JOIN person ON person.person_id = assumption.set_by
        ORDER BY scenario
        LIMIT 10
        """,
    )
    known = {each.scenario: each for each in rows}
    return [known.get(each.scenario, each) for each in DEFAULT_ASSUMPTIONS]


async def set_assumptions(writer: Writer, person: Person, assumptions: Sequence[Assumption]) -> None:
    """Have all simulations from now on assume this, everybody's; one value for every scenario."""
    await writer.run("SELECT FROM simulation_assumption ORDER BY scenario FOR UPDATE")
    before = await read_assumptions(writer)
    await writer.run_many(
        """
        INSERT INTO simulation_assumption
            (scenario, with_twin_basis_points, without_twin_basis_points, set_by, set_at)
        VALUES (%(scenario)s, %(with_twin)s, %(without_twin)s, %(set_by)s, %(set_at)s)
        ON CONFLICT (scenario) DO UPDATE
        SET with_twin_basis_points = excluded.with_twin_basis_points,
            without_twin_basis_points = excluded.without_twin_basis_points,
            set_by = excluded.set_by,
            set_at = excluded.set_at
        """,
        [
            {
                "scenario": each.scenario.value,
                "with_twin": each.with_twin_basis_points,
                "without_twin": each.without_twin_basis_points,
                "set_by": person.person_id,
                "set_at": clock.now(),
            }
            for each in assumptions
        ],
    )
    await audit.record(
        writer,
        person,
        "insight:simulation_assumption:set",
        "simulation_assumption",
        before=[_told(each) for each in before],
        after=[_told(each) for each in assumptions],
    )


def _told(assumption: Assumption) -> dict[str, object]:
    return {
        name: value
        for name, value in msgspec.structs.asdict(assumption).items()
        if name in {"scenario", "with_twin_basis_points", "without_twin_basis_points"}
    }
