"""Phone numbers: many ways of writing, one way of keeping."""

import pytest

from yellowcart.freight.errors import PhoneUnreadable
from yellowcart.freight.phones import read_phone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800138000", "13800138000"),
        (" 138 0013 8000 ", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("８６１３８００１３８０００", "13800138000"),
        ("13800138000-1234", "13800138000-1234"),
        ("13800138000转1234", "13800138000-1234"),
        ("0571-88880000", "0571-88880000"),
        ("0571 8888 0000", "0571-88880000"),
        ("(0571)88880000", "0571-88880000"),
        ("010-62345678", "010-62345678"),
        ("+86 571 88880000", "0571-88880000"),
        ("057188880000转801", "0571-88880000-801"),
        ("0931-8123456", "0931-8123456"),
        ("400-820-8820", "400-820-8820"),
        ("4008208820", "400-820-8820"),
        ("+852 2123 4567", "+852-21234567"),
        ("+886 0912345678", "+886-912345678"),
    ],
)
def test_a_number_that_can_be_called_is_kept_in_one_form(written: str, kept: str) -> None:
    assert read_phone(written) == kept
    assert read_phone(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "call me",
        "110",
        "12800138000",
        "1380013800",
        "138001380001",
        "88880000",
        "57188880000",
        "0571-888800001",
        "-13800138000",
        "13800138000; DROP TABLE person",
        "+1 212 555 0100",
        "1" * 1_000,
    ],
)
def test_what_no_carrier_can_call_is_refused(written: str) -> None:
    with pytest.raises(PhoneUnreadable):
        read_phone(written)
