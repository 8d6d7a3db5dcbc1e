"""HTML read from left to right, in time that grows with its length and not faster."""

import pytest

from yellowcart.catalog.imports.plain_text import plain_text
from yellowcart.kernel.markup import Tag, markup_tokens


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>一</p><p>二&amp;三</p>", "一\n\n二&三"),
        ("好<br>茶<script>alert(1)</script><style>p{}</style>", "好\n茶"),
        ("<ul><li>一</li><li>二</li></ul>", "一\n\n二"),
        ("a < b", "a < b"),
        ("5<a", "5<a"),
        ("a<!-- x > y -->b", "ab"),
        ("<b onclick=x>粗</b> 体", "粗 体"),
        ('<img alt="a > b">c', "c"),
        ("<SCRIPT>if (a<b) {}</Script >d", "d"),
        ("&lt;p&gt;", "<p>"),
        ("<!DOCTYPE html><?php x ?>e", "e"),
        ("<script>never closed", ""),
    ],
)
def test_a_description_is_taken_as_words(markup: str, words: str) -> None:
    assert plain_text(markup) == words


def test_a_page_in_chunks_gives_what_it_gives_whole() -> None:
    page = (
        '<table><tr><td a="x>y">1</td><!-- <td>2</td> --><td>3 &amp; 4</td></tr></table><script>"</td>"</script>!'
    )
    whole = list(markup_tokens([page]))
    for size in range(1, 12):
        chunks = [page[start : start + size] for start in range(0, len(page), size)]
        assert _joined(markup_tokens(chunks)) == _joined(whole)


def _joined(tokens: object) -> list[object]:
    """Texts that were cut are put together again."""
    joined: list[object] = []
    assert hasattr(tokens, "__iter__")
    for token in tokens:
        if isinstance(token, str) and joined and isinstance(joined[-1], str):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


@pytest.mark.parametrize(
    "piece",
    ["<", "<a", "<!--", "<!", "&", "&#", "<a b=", "<a b='", '<a b="', "<?", "</", "<script>", "</script", "< "],
)
@pytest.mark.timeout(20)
def test_tags_that_never_end_take_no_time(piece: str) -> None:
    # The parser of the standard library takes minutes for some of these.
    plain_text(piece * (400_000 // len(piece)))


def test_a_tag_tells_its_name_and_what_stands_in_it() -> None:
    assert list(markup_tokens(["<TD colspan=2>x</td>"])) == [
        Tag("td", False, " colspan=2"),
        "x",
        Tag("td", True, ""),
    ]
