"""Short videos with a cart: shown, and taken down."""

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import Conflict, InvalidFields
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import VideoId, new_id
from yellowcart.stage.creators import creator_of
from yellowcart.stage.events import VideoPublished, VideoRemoved
from yellowcart.stage.model import VIDEO_MOVES, OffReason, Video, VideoState, in_video
from yellowcart.stage.rules import Problem, title_problem
from yellowcart.stage.store import lock_cart, lock_video
from yellowcart.stage.taking_off import take_listings_off


async def publish_video(writer: Writer, person: Person, *, title: str, title_en: str = "") -> Video:
    """Show a new video with an empty cart. Raises InvalidFields, NotACreator."""
    creator = await creator_of(writer, person)
    problems: dict[str, Problem | None] = {
        "title": title_problem(title),
        "title_en": title_problem(title_en, least=0),
    }
    if found := {name: problem for name, problem in problems.items() if problem is not None}:
        raise InvalidFields(found)
    video = Video(
        video_id=new_id(VideoId),
        creator_id=creator.creator_id,
        title=title.strip(),
        title_en=title_en.strip(),
        state=VideoState.PUBLISHED,
        published_at=clock.now(),
    )
    await writer.run(
        """
        INSERT INTO video (video_id, creator_id, title, title_en, state, published_at)
        VALUES (%(video_id)s, %(creator_id)s, %(title)s, %(title_en)s, 'published', %(published_at)s)
        """,
        video_id=video.video_id,
        creator_id=video.creator_id,
        title=video.title,
        title_en=video.title_en,
        published_at=video.published_at,
    )
    await publish(writer, VideoPublished(video_id=video.video_id, creator_id=video.creator_id))
    await audit.record(
        writer, person, "stage:video:publish", f"video:{video.video_id}", after={"title": video.title}
    )
    return video


async def remove_video(writer: Writer, person: Person, video_id: VideoId) -> None:
    """Take a video down; every listing leaves its cart. Raises NotFound; Conflict when it is down already."""
    creator = await creator_of(writer, person)
    video = await lock_video(writer, creator.creator_id, video_id)
    if VideoState.REMOVED not in VIDEO_MOVES[video.state]:
        raise Conflict
    gone = await take_listings_off(writer, await lock_cart(writer, in_video(video_id)), OffReason.VIDEO_REMOVED)
    await writer.run("UPDATE video SET state = 'removed' WHERE video_id = %(video_id)s", video_id=video_id)
    await publish(writer, VideoRemoved(video_id=video_id, creator_id=video.creator_id, listing_count=len(gone)))
    await audit.record(
        writer,
        person,
        "stage:video:remove",
        f"video:{video_id}",
        before={"state": video.state.value},
        after={"state": VideoState.REMOVED.value},
    )
