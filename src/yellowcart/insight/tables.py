"""What operators assume where nobody knows."""

from yellowcart.insight.simulation_model import ScenarioName
from yellowcart.kernel.tables import (
    CheckConstraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    id_column,
    metadata,
    moment_column,
    state_check,
    state_column,
    whole_column,
)

simulation_assumption = Table(
    "simulation_assumption",
    metadata,
    state_column("scenario"),
    whole_column("with_twin_basis_points"),
    whole_column("without_twin_basis_points"),
    id_column("set_by"),
    moment_column("set_at"),
    PrimaryKeyConstraint("scenario"),
    ForeignKeyConstraint(["set_by"], ["person.person_id"]),
    state_check("scenario", ScenarioName),
    CheckConstraint("with_twin_basis_points BETWEEN 0 AND 10000", name="with_twin"),
    CheckConstraint("without_twin_basis_points BETWEEN 0 AND 10000", name="without_twin"),
    comment="Which part of the demand for goods that are cut is assumed to move to own shops. The audit trail has"
    " what was assumed before.",
)
