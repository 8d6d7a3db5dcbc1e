"""The macros that pages are built from do what docs/design-language.md says."""

import json
import re
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from jinja2 import Environment

from yellowcart.accounts.model import PersonState
from yellowcart.aftersales.model import CaseState
from yellowcart.catalog.model import DraftStatus, ReviewStatus, SaleStatus, ShopState
from yellowcart.consoles.rendering import ASSETS, environment
from yellowcart.conversions.model import ConversionState
from yellowcart.kernel.translation import Locale
from yellowcart.links.model import Action, DraftState, Standing
from yellowcart.orders.model import OrderState
from yellowcart.parcels.bulk.model import FileState, RowFate
from yellowcart.parcels.model import AddressChangeState, ShipmentState
from yellowcart.parcels.needs.model import NeedState, QuoteState
from yellowcart.payments.model import PaymentState, RefundState
from yellowcart.promotions.model import CouponStanding, SpecialPriceStanding
from yellowcart.reviews.model import ShowState
from yellowcart.stage.model import ListingState, RoomState, VideoState

STATES: list[StrEnum] = [
    member
    for kind in (
        OrderState, PaymentState, RefundState, RoomState, ListingState, VideoState, Action,
        SaleStatus, ReviewStatus, DraftStatus, ShopState, PersonState, DraftState, Standing,
        CaseState, ShipmentState, AddressChangeState, NeedState, QuoteState, FileState, RowFate,
        ConversionState, CouponStanding, SpecialPriceStanding, ShowState,
    )
    for member in kind
]  # fmt: skip
FORM = {
    "values": {"price": "39.9.0", "title": '"><script>alert(1)</script>'},
    "errors": {"price": "Not an amount."},
}


@pytest.fixture(scope="module")
def english() -> Environment:
    return environment(Locale.ENGLISH)


def draw(environment: Environment, part: str, call: str, **context: object) -> str:
    macro = re.match(r"\w+", call)
    assert macro
    text = "{% from 'parts/" + part + ".html' import " + macro[0] + " with context %}{{ " + call + " }}"
    return environment.from_string(text).render(path="/merchant/orders", csrf_token="token", **context)


@pytest.mark.parametrize("member", STATES, ids=lambda member: f"{type(member).__name__}.{member.value}")
def test_every_state_of_the_business_has_a_word_in_both_languages_and_a_look(member: StrEnum) -> None:
    english = draw(environment(Locale.ENGLISH), "marks", "state(it)", it=member)
    chinese = draw(environment(Locale.CHINESE), "marks", "state(it)", it=member)
    assert f">{member.value}<" not in english
    assert re.search(r">[\u4e00-\u9fff]+<", chinese)
    assert f".state--{member.value}" in (ASSETS / "parts.css").read_text(encoding="utf-8")


def test_a_state_that_two_kinds_share_has_the_word_of_its_kind(english: Environment) -> None:
    assert "Awaiting payment" in draw(english, "marks", "state(it)", it=OrderState.SUBMITTED)
    assert "Submitted for review" in draw(english, "marks", "state(it)", it=DraftStatus.SUBMITTED)
    assert "Shop closed" in draw(english, "marks", "state('closed', of='shop')")


def test_a_refused_form_keeps_the_input_and_puts_the_error_at_its_field(english: Environment) -> None:
    html = draw(english, "forms", "field(form, 'price', 'Price', kind='money')", form=FORM)
    assert 'value="39.9.0"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="field-price-error"' in html
    assert re.search(r'id="field-price-error".*Not an amount\.', html, re.DOTALL)


def test_hostile_input_comes_back_as_text(english: Environment) -> None:
    html = draw(english, "forms", "field(form, 'title', 'Title', maxlength=60)", form=FORM)
    assert "<script>" not in html
    assert 'maxlength="60"' in html


def test_a_password_never_comes_back(english: Environment) -> None:
    form = {"values": {"password": "secret"}, "errors": {}}
    assert "secret" not in draw(english, "forms", "field(form, 'password', 'P', kind='password')", form=form)


def test_the_summary_of_errors_leads_to_each_field(english: Environment) -> None:
    form = {"values": {}, "errors": {"price": "Not an amount.", "": "The shop is closed."}}
    html = draw(english, "forms", "errors(form)", form=form)
    assert "2 things need your attention." in html
    assert '<a href="#field-price" data-names-field>Not an amount.</a>' in html
    assert "<div>The shop is closed.</div>" in html


@pytest.mark.parametrize(
    ("sort", "number", "next_sort", "said"),
    [
        ("", False, "title", None),
        ("", True, "-title", None),
        ("title", False, "-title", "ascending"),
        ("-title", False, "title", "descending"),
        ("-title", True, "title", "descending"),
    ],
)
def test_a_column_sorts_both_ways_keeps_the_filters_and_starts_at_the_first_page(
    english: Environment, sort: str, number: bool, next_sort: str, said: str | None
) -> None:
    query = {"status": "paid", "q": "茶 & 碗", "cursor": "c9", "sort": sort}
    html = draw(english, "tables", "sort_header(query, 'Title', 'title', number)", query=query, number=number)
    link = re.search(r'href="([^"]+)"', html)
    assert link
    assert link[1] == f"/merchant/orders?status=paid&amp;q=%E8%8C%B6+%26+%E7%A2%97&amp;sort={next_sort}"
    assert (f'aria-sort="{said}"' in html) if said else ("aria-sort" not in html)


def test_the_pager_keeps_filters_and_order(english: Environment) -> None:
    query = {"status": "paid", "sort": "-paid_at", "cursor": "old"}
    html = draw(english, "tables", "pager(query, 20, next='new')", query=query)
    assert 'href="/merchant/orders?status=paid&amp;sort=-paid_at&amp;cursor=new"' in html
    assert "Previous" not in html


def test_the_data_of_a_chart_cannot_leave_its_script(english: Environment) -> None:
    option = {"series": [{"type": "line", "name": "</script><script>alert(1)</script>"}]}
    html = draw(english, "figures", "chart('c', option, 'fen', 'by pay time', none)", option=option)
    assert html.count("<script") == 1
    data = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert data
    assert json.loads(data[1]) == option


def test_an_unknown_figure_is_a_dash_and_never_zero(english: Environment) -> None:
    assert "–" in draw(english, "figures", "kpi('GMV net', none, 'paid less refunds', none)")
    assert "0" not in draw(english, "figures", "money(none)")


def test_less_is_green_where_less_is_good(english: Environment) -> None:
    assert "figure__change--up" in draw(english, "figures", "change(-450, good='down')")
    assert "figure__change--down" in draw(english, "figures", "change(-450)")
    assert draw(english, "figures", "change(none)") == ""


def test_the_timeline_cuts_spans_at_its_edges_and_leaves_out_what_lies_outside(english: Environment) -> None:
    def at(year: int, month: int) -> datetime:
        return datetime(year, month, 1, tzinfo=UTC)

    spans = [
        {"action": Action.ALLOW, "begins": at(2018, 1), "ends": at(2021, 7)},
        {"action": Action.ALLOW_WITH_FEE, "begins": at(2020, 1), "ends": at(2022, 1)},
        {"action": Action.REFUSE, "begins": at(2022, 1), "ends": None, "href": "/notices/1"},
    ]
    html = draw(
        english, "console", "timeline(rows, start, end, now_at)",
        rows=[{"label": "JD Union", "spans": spans}], start=at(2021, 7), end=at(2022, 7), now_at=at(2022, 1),
    )  # fmt: skip
    assert 'timeline__span--allow"' not in html
    assert 'style="left:0.000%;width:calc(50.411% - 2px)"' in html
    assert '<a href="/notices/1" class="timeline__span timeline__span--refuse"' in html
    assert '<div class="timeline__now" style="left:50.411%">' in html


def test_a_confirmation_carries_the_token_and_offers_the_way_out_first(english: Environment) -> None:
    html = draw(english, "dialogs", "confirm('c', 'Close?', 'It stays closed.', '/orders/1/close', 'Close it')")
    assert 'name="_csrf_token" value="token"' in html
    assert html.index("data-closes") < html.index("Close it")
