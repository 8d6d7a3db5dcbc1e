"""Numbers over HTTP, each with what it counts. Definitions are for everybody, values for operators."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from yellowcart.accounts.access import PUBLIC, allow
from yellowcart.accounts.model import Role
from yellowcart.insight import metrics
from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.errors import MetricUnknown, WindowWrong
from yellowcart.insight.jump_loss import jump_loss_metric
from yellowcart.insight.model import (
    BySource,
    Definition,
    Metric,
    MetricName,
    Point,
    Scope,
    Series,
    SourceCount,
    TimeAxis,
    Unit,
    Window,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import CreatorId, RoomId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.translation import Locale, translate

DEFAULT_WINDOW = timedelta(days=1)


class DefinitionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a number counts, in both languages."""

    name: MetricName
    label: dict[str, str]
    basis: dict[str, str]
    dedupe: dict[str, str]
    axis: TimeAxis
    unit: Unit
    source: str


class MetricAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number with what it counts: `value` for single numbers, `points` for a series, `by_source` for numbers
    told apart by source. A null `value` is not known; it is not zero. Amounts in fen, shares in basis points."""

    definition: DefinitionAnswer
    begins: datetime = msgspec.field(name="from")
    ends: datetime = msgspec.field(name="to")
    as_of: datetime
    provisional: bool
    value: int | msgspec.UnsetType | None = msgspec.UNSET
    points: list[Point] | msgspec.UnsetType = msgspec.UNSET
    bucket_s: int | msgspec.UnsetType = msgspec.UNSET
    by_source: list[SourceCount] | msgspec.UnsetType = msgspec.UNSET
    total: int | msgspec.UnsetType = msgspec.UNSET


@get("/", guards=[PUBLIC])
async def list_metrics() -> Page[DefinitionAnswer]:
    """Every number that the platform knows, with its basis, time axis and unit. Always one page."""
    return Page(items=[_described(each) for each in DEFINITIONS.values()], next_cursor=None)


@get("/{name:str}", guards=[allow(Role.OPERATOR)])
async def read_metric(
    database: NamedDependency[Database],
    name: FromPath[str],
    begins: Annotated[
        datetime | None, QueryParameter(name="from", description="Default: a day before `to`.")
    ] = None,
    ends: Annotated[datetime | None, QueryParameter(name="to", description="Default: now.")] = None,
    as_of: FromQuery[datetime | None] = None,
    shop_id: FromQuery[int | None] = None,
    creator_id: FromQuery[int | None] = None,
    room_id: FromQuery[int | None] = None,
) -> MetricAnswer:
    """One number over the half-open window [from, to), as of a moment (default: now), of everybody or of one
    shop, creator or room. Source share always looks at the 7 natural days before `as_of`."""
    if name not in DEFINITIONS:
        raise MetricUnknown
    for moment in (begins, ends, as_of):
        if moment is not None and moment.tzinfo is None:
            raise WindowWrong
    until = ends or clock.now()
    try:
        window = Window(begins or until - DEFAULT_WINDOW, until)
    except (ValueError, OverflowError) as error:
        raise WindowWrong from error
    scope = Scope(
        shop_id=None if shop_id is None else ShopId(shop_id),
        creator_id=None if creator_id is None else CreatorId(creator_id),
        room_id=None if room_id is None else RoomId(room_id),
    )
    async with database.reading() as reader:
        return _answer(await _read(reader, MetricName(name), window, as_of, scope))


async def _read(
    reader: Reader, name: MetricName, window: Window, as_of: datetime | None, scope: Scope
) -> Metric | Series | BySource:
    if name is MetricName.ORDERS_PER_MINUTE:
        return await metrics.orders_per_minute(reader, window, as_of=as_of, scope=scope)
    if name is MetricName.SOURCE_SHARE:
        return await metrics.source_share(reader, scope.creator_id, as_of=as_of)
    if name is MetricName.JUMP_OUTS:
        return await metrics.jump_outs(reader, window, as_of=as_of, scope=scope)
    if name is MetricName.JUMP_LOSS:
        return await jump_loss_metric(reader, window, scope=scope, as_of=as_of)
    return (await metrics.measure(reader, [name], window, as_of=as_of, scope=scope))[name]


def _answer(found: Metric | Series | BySource) -> MetricAnswer:
    return MetricAnswer(
        definition=_described(found.definition),
        begins=found.window.begins,
        ends=found.window.ends,
        as_of=found.as_of,
        provisional=found.provisional,
        value=found.value if isinstance(found, Metric) else msgspec.UNSET,
        points=found.points if isinstance(found, Series) else msgspec.UNSET,
        bucket_s=found.bucket_s if isinstance(found, Series) else msgspec.UNSET,
        by_source=found.counts if isinstance(found, BySource) else msgspec.UNSET,
        total=found.total if isinstance(found, BySource) else msgspec.UNSET,
    )


def _described(definition: Definition) -> DefinitionAnswer:
    return DefinitionAnswer(
        name=definition.name,
        label=_both(definition.label),
        basis=_both(definition.basis),
        dedupe=_both(definition.dedupe) if definition.dedupe else {},
        axis=definition.axis,
        unit=definition.unit,
        source=definition.source,
    )


def _both(sentence: str) -> dict[str, str]:
    return {locale.value: translate(sentence, locale) for locale in Locale}


ROUTES = Router("/api/v1/metrics", route_handlers=[list_metrics, read_metric], tags=["metrics"])
