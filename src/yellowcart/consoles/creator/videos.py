"""A creator's videos and their carts."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.creator.shelf import cart_context, place_of_path
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import VideoId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.links.rules import Timeline
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import Video
from yellowcart.stage.queries import video_view, videos_of_creator
from yellowcart.stage.videos import publish_video, remove_video

CREATOR = allow(Role.CREATOR)


@get("/videos", guards=[CREATOR])
async def videos_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """All videos, the latest first, and the form that publishes one."""
    return await _page(request, database, person, cursor=cursor)


@post("/videos", guards=[CREATOR], status_code=200)
async def publish(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Publish a video and go to its cart."""
    title, title_en = data.get("title", ""), data.get("title_en", "")
    try:
        key = request_key(person.person_id, data.get("request_key"), [title, title_en])
        async with database.writing() as writer:
            video = await once(
                writer,
                "stage:video:publish",
                key,
                Video,
                lambda: publish_video(writer, person, title=title, title_en=title_en),
            )
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, person, form=form, status=status_of(refusal))
    return go_to(f"/creator/videos/{video.video_id}", flash=N_("Published. Fill the cart now."))


@get("/videos/{video_id:int}", guards=[CREATOR])
async def video_page(
    request: AnyRequest,
    video_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str]:
    """One video and its cart."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        place = await place_of_path(reader, creator, "videos", video_id)
        context = await cart_context(request, reader, place, timeline)
        video = (await video_view(reader, VideoId(video_id))).video
    return creator_page(request, creator, "videos", "creator/video.html", context | {"video": video, "form": None})


@post("/videos/{video_id:int}/remove", guards=[CREATOR], status_code=303)
async def remove(
    video_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Take a video down."""
    async with database.writing() as writer:
        await remove_video(writer, person, VideoId(video_id))
    return go_to("/creator/videos", flash=N_("Taken down. Every product has left its cart."))


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    *,
    cursor: str = "",
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        videos = await videos_of_creator(reader, creator.creator_id, cursor or None)
    context: dict[str, object] = {"videos": videos, "form": form, "request_key": fresh_request_key()}
    return creator_page(request, creator, "videos", "creator/videos.html", context, status=status)
