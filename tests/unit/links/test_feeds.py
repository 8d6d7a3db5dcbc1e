"""When a reader of a feed already has it."""

from datetime import UTC, datetime, timedelta

import pytest

from yellowcart.links.feeds import Validators, validators_of

CHANGED = datetime(2022, 2, 22, 2, 0, 0, 500_000, tzinfo=UTC)
KNOWN = Validators('"abc"', CHANGED)


@pytest.mark.parametrize(
    ("if_none_match", "if_modified_since", "known"),
    [
        (None, None, False),
        ('"abc"', None, True),
        ('W/"abc"', None, True),
        ('"x", "abc"', None, True),
        ("*", None, True),
        ('"x"', None, False),
        ('"x"', "Tue, 22 Feb 2022 02:00:00 GMT", False),
        (None, "Tue, 22 Feb 2022 02:00:00 GMT", True),
        (None, "Tue, 22 Feb 2022 01:59:59 GMT", False),
        (None, "Tue, 22 Feb 2022 02:00:00", False),
        (None, "yesterday", False),
        (None, "", False),
    ],
)
def test_a_tag_counts_and_a_date_only_without_one(
    if_none_match: str | None, if_modified_since: str | None, known: bool
) -> None:
    assert KNOWN.are_known(if_none_match=if_none_match, if_modified_since=if_modified_since) is known


def test_the_date_is_told_in_the_words_of_http() -> None:
    assert KNOWN.headers["last-modified"] == "Tue, 22 Feb 2022 02:00:00 GMT"


def test_an_empty_feed_has_a_tag_and_no_date() -> None:
    found = validators_of(b"[]", [], CHANGED + timedelta(days=1))
    assert found.last_modified is None
    assert "last-modified" not in found.headers
    assert found.etag == validators_of(b"[]", [], CHANGED).etag != validators_of(b"[1]", [], CHANGED).etag
    assert not found.are_known(if_none_match=None, if_modified_since="Tue, 22 Feb 2022 02:00:00 GMT")
