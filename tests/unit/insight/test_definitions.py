"""Every number says what it counts, in both languages."""

import pytest

from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.model import Definition, MetricName
from yellowcart.insight.rules import PLAIN_METRICS
from yellowcart.kernel.translation import Locale, translate


def test_every_name_has_exactly_one_definition() -> None:
    assert set(DEFINITIONS) == set(MetricName)


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=lambda definition: definition.name)
def test_a_definition_has_basis_axis_unit_and_source(definition: Definition) -> None:
    assert len(definition.basis) > len(definition.label)
    assert definition.axis
    assert definition.unit
    assert definition.source


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=lambda definition: definition.name)
def test_a_definition_speaks_chinese_too(definition: Definition) -> None:
    for sentence in (definition.label, definition.basis, definition.dedupe):
        if sentence:
            assert translate(sentence, Locale.CHINESE) != sentence


def test_no_two_numbers_share_a_label() -> None:
    labels = [definition.label for definition in DEFINITIONS.values()]
    assert len(set(labels)) == len(labels)


def test_every_number_is_one_value_or_has_a_function_of_its_own() -> None:
    assert set(MetricName) - PLAIN_METRICS == {
        MetricName.ORDERS_PER_MINUTE,
        MetricName.SOURCE_SHARE,
        MetricName.JUMP_OUTS,
        MetricName.JUMP_LOSS,
    }
