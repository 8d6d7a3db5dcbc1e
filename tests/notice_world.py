"""Two operators and what they write: the least that a notice needs to come into the world."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.conftest import MORNING, SignedIn, sign_in_as
from tests.stage_world import write_history
from yellowcart.accounts.audit import read_trail
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Database
from yellowcart.kernel.translation import Locale
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.model import Action, Grace, NoticeLine, SourceScope, Surface, Wording
from yellowcart.links.publish import publish_draft
from yellowcart.links.queries import notice
from yellowcart.links.rules import Timeline
from yellowcart.links.store import PublishedNotice, read_timeline
from yellowcart.links.submit import submit_draft
from yellowcart.links.write_draft import draft_notice

IN_TEN_DAYS = MORNING + timedelta(days=10)
REASON = Bilingual("合同变更", "A change of contract")


@dataclass(frozen=True)
class Desk:
    """The two people that a notice takes, and a third."""

    drafter: SignedIn
    second: SignedIn
    third: SignedIn

    @property
    def people(self) -> tuple[Person, Person]:
        """Who drafts, and who decides."""
        return self.drafter.person, self.second.person


async def open_desk(database: Database) -> Desk:
    """Kuaishou's history until the spring of 2022 (domain.md §0), and three operators."""
    async with database.writing() as writer:
        await write_history(writer)
    return Desk(
        await sign_in_as(database, Role.OPERATOR, name="小青"),
        await sign_in_as(database, Role.OPERATOR, name="小贺"),
        await sign_in_as(database, Role.OPERATOR, name="小秦"),
    )


def refuse(
    *surfaces: Surface, sources: tuple[str, ...] | SourceScope = ("pinduoduo",), at: datetime | None = None
) -> NoticeLine:
    """A line that refuses; no surface means every one."""
    return NoticeLine(action=Action.REFUSE, sources=sources, surfaces=surfaces or None, effective_at=at)


def content(
    *lines: NoticeLine,
    code: str = "",
    effective_at: datetime = IN_TEN_DAYS,
    announced_at: datetime | None = None,
    grace: Grace = Grace.AT_ONCE,
) -> DraftContent:
    """A whole notice; without lines, one that refuses Pinduoduo in live rooms."""
    return DraftContent(
        code=code,
        issuer=Bilingual("快手电商", "Kuaishou E-commerce"),
        title=Bilingual("拼多多商品调整公告", "Pinduoduo leaves the cart"),
        text=Bilingual("自生效时起不再支持。", "From then on it is not supported."),
        reason=REASON,
        announced_at=announced_at,
        effective_at=effective_at,
        lines=lines or (refuse(Surface.LIVE_CART),),
        grace=grace,
    )


async def submitted(database: Database, desk: Desk, written: DraftContent) -> NoticeDraft:
    """A draft of the drafter's that waits for the second operator."""
    async with database.writing() as writer:
        draft = await draft_notice(writer, desk.drafter.person, written)
    async with database.writing() as writer:
        return await submit_draft(writer, desk.drafter.person, draft.draft_id, version=draft.version)


async def published(database: Database, desk: Desk, written: DraftContent) -> PublishedNotice:
    """A notice that the second operator has published."""
    draft = await submitted(database, desk, written)
    async with database.writing() as writer:
        await publish_draft(writer, desk.second.person, draft.draft_id, version=draft.version)
    async with database.reading() as reader:
        return await notice(reader, draft.code)


async def timeline_of(database: Database) -> Timeline:
    """The timeline as it stands."""
    async with database.reading() as reader:
        return await read_timeline(reader)


async def begun(database: Database, person: Person, written: DraftContent) -> NoticeDraft:
    """A draft of somebody's."""
    async with database.writing() as writer:
        return await draft_notice(writer, person, written)


async def messages_of(database: Database, person: Person) -> list[tuple[str, str]]:
    """What somebody was told, as kind and English text."""
    async with database.reading() as reader:
        page = await inbox_of(reader, person)
    return [(each.kind, each.text(Locale.ENGLISH)) for each in page.items]


async def actions_on(database: Database, subject: str) -> list[str]:
    """What the audit trail has of a thing, the latest first."""
    async with database.reading() as reader:
        return [entry.action for entry in (await read_trail(reader, subject=subject)).items]


def worded(text: Bilingual) -> Wording:
    """A text that is there, as a published notice has it."""
    return Wording(text.zh, text.en)
