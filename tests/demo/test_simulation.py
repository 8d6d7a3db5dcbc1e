"""What the notice of 1 March would do, asked in the demo world four days before."""

from collections.abc import AsyncIterator, Iterator
from datetime import date

import pytest

from tests.conftest import url_of
from tests.demo.seeded import seeded_database
from yellowcart.demo.accounts import demo_world
from yellowcart.insight.simulate import proposal_by_code, simulate
from yellowcart.insight.simulation_model import Effect, ProposalState, Simulation
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.links.model import Surface

pytestmark = pytest.mark.xdist_group("demo seed")
WEEK = (date(2022, 2, 18), date(2022, 2, 25))
MONTH = (None, None)


@pytest.fixture(scope="module")
def seeded_name(postgres_url: str, template_database: str) -> Iterator[str]:
    with seeded_database(postgres_url, template_database) as name:
        yield name


@pytest.fixture
async def world(postgres_url: str, seeded_name: str, still_clock: clock.Clock) -> AsyncIterator[Database]:
    still_clock.freeze(demo_world().starts_at)
    database = Database(url_of(postgres_url, seeded_name), pool_size=2)
    await database.open()
    yield database
    await database.close()


async def simulated(world: Database, days: tuple[date | None, date | None]) -> Simulation:
    async with world.reading() as reader:
        proposal = await proposal_by_code(reader, "unions-2022")
        return await simulate(reader, proposal, begins=days[0], ends=days[1])


@pytest.mark.parametrize("days", [WEEK, MONTH])
async def test_xiaobo_depends_on_taobao_for_88_percent(
    world: Database, days: tuple[date | None, date | None]
) -> None:
    found = await simulated(world, days)
    first = found.creators[0]
    assert (first.name, first.surface) == ("小波私房菜", Surface.LIVE_CART)
    assert first.main_source == ("taobao_union", 8_800)
    # The notice takes JD out of live carts as well: one listing more.
    assert first.by_source == {"taobao_union": 22, "jd_union": 1}
    assert (first.hit_goods, first.all_goods, first.share_basis_points) == (23, 25, 9_200)


async def test_the_unions_are_cut_from_the_carts_that_the_notice_names(world: Database) -> None:
    found = await simulated(world, MONTH)
    assert found.proposal.state is ProposalState.COMING
    assert {(each.hit.surface, each.hit.source): each.hit.effect for each in found.pairs} == {
        (Surface.LIVE_CART, "taobao_union"): Effect.CUT,
        (Surface.VIDEO_CART, "taobao_union"): Effect.CUT,
        (Surface.PRODUCT_PAGE, "taobao_union"): Effect.CUT,
        (Surface.LIVE_CART, "jd_union"): Effect.CUT,
    }
    assert found.total.goods > 40
    assert found.total.jump_outs > 500
    assert sum(found.spread) == found.creator_count == found.total.creators


async def test_a_notice_in_force_is_asked_over_the_days_before_it(world: Database) -> None:
    async with world.reading() as reader:
        proposal = await proposal_by_code(reader, "store-systems-2021")
        found = await simulate(reader, proposal)
    assert proposal.state is ProposalState.BEGUN
    assert {each.key for each in found.by_source} == {"youzan", "mockuai"}
    assert found.total.listings == 14, "six more were queued and never shown"
    assert found.total.open_listings == 0, "they left the live carts long ago"
