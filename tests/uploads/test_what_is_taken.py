"""What a file is decides its content, and what is kept of it is made anew."""

import io

import av
import pytest
from PIL import Image, ImageCms

from tests.uploads.things_people_bring import (
    document,
    drawing,
    packed_objects,
    photo,
    picture,
    png_bomb,
    video,
)
from yellowcart.kernel.errors import Refusal
from yellowcart.uploads.checking import check_file
from yellowcart.uploads.documents import check_document
from yellowcart.uploads.errors import (
    DocumentActive,
    PictureTooBig,
    UploadDamaged,
    UploadMisnamed,
    UploadTooLarge,
    UploadUnsupported,
    VideoTooLong,
    VideoUnplayable,
)
from yellowcart.uploads.files import part_asked
from yellowcart.uploads.model import UploadKind, UploadPurpose
from yellowcart.uploads.pictures import rewrite_picture
from yellowcart.uploads.rules import (
    LONGEST_SIDE,
    MEGABYTE,
    MEGABYTES_MAX,
    SMALL_SIDE,
    kind_by_content,
    kind_by_name,
    require_kind,
    shown_name,
)
from yellowcart.uploads.videos import repack_video

EVIDENCE, REVIEW = UploadPurpose.EVIDENCE, UploadPurpose.REVIEW
PICTURE_KINDS = [UploadKind.JPEG, UploadKind.PNG, UploadKind.WEBP]
HTML = b"<!doctype html><script>alert(1)</script>"
PROGRAM = b"MZ\x90\x00" + bytes(200)
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(64)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture(), UploadKind.JPEG),
        (picture(UploadKind.PNG), UploadKind.PNG),
        (picture(UploadKind.WEBP), UploadKind.WEBP),
        (video(), UploadKind.MP4),
        (video(box="mov"), UploadKind.MP4),
        (document(), UploadKind.PDF),
        (HTML, None),
        (PROGRAM, None),
        (HEIC, None),
        (b"GIF89a" + bytes(20), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"PK\x03\x04" + bytes(20), None),
        (b"", None),
        (b"\xff\xd8", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: UploadKind | None) -> None:
    assert kind_by_content(content) is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", UploadKind.JPEG),
        ("A.JPEG", UploadKind.JPEG),
        ("a.tar.png", UploadKind.PNG),
        ("clip.MOV", UploadKind.MP4),
        ("a.pdf", UploadKind.PDF),
        ("pdf", None),
        ("a.exe", None),
        ("", None),
        ("a.jpg/", None),
    ],
)
def test_a_name_claims_what_its_ending_says(name: str, kind: UploadKind | None) -> None:
    assert kind_by_name(name) is kind


@pytest.mark.parametrize(
    ("content", "name", "purpose", "refusal"),
    [
        (HTML, "photo.jpg", EVIDENCE, UploadUnsupported),
        (PROGRAM, "invoice.pdf", EVIDENCE, UploadUnsupported),
        (HEIC, "photo.heic", EVIDENCE, UploadUnsupported),
        (document(), "photo.jpg", EVIDENCE, UploadMisnamed),
        (picture(), "invoice.pdf", EVIDENCE, UploadMisnamed),
        (picture(), "clip.mp4", EVIDENCE, UploadMisnamed),
        (video(), "photo.png", EVIDENCE, UploadMisnamed),
        (video(), "clip.mp4", REVIEW, UploadUnsupported),
        (document(), "a.pdf", REVIEW, UploadUnsupported),
        (picture() + bytes(MEGABYTES_MAX[UploadKind.JPEG] * MEGABYTE), "a.jpg", REVIEW, UploadTooLarge),
    ],
)
def test_a_file_that_lies_or_is_not_taken_is_refused_before_it_is_opened(
    content: bytes, name: str, purpose: UploadPurpose, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        require_kind(content, name, purpose)


@pytest.mark.parametrize("name", ["photo.webp", "photo", "photo.jpg.download", "相片.jpg"])
def test_a_picture_that_a_messenger_renamed_is_taken(name: str) -> None:
    assert require_kind(picture(), name, REVIEW) is UploadKind.JPEG


@pytest.mark.parametrize("kind", PICTURE_KINDS)
def test_nothing_but_the_picture_is_kept_of_a_photo(kind: UploadKind) -> None:
    sent = photo(kind)
    assert b"taken at home" in sent
    hidden = sent + b"PK\x03\x04 a hidden archive"
    kept = rewrite_picture(hidden, kind)
    for content in (kept.content, kept.small or b""):
        for secret in (b"taken at home", b"Some Phone", b"hidden archive", b"GPS", b"Exif", b"<x>"):
            assert secret not in content
        with Image.open(io.BytesIO(content)) as opened:
            assert not opened.getexif()
            assert "icc_profile" not in opened.info
    assert kind_by_content(kept.content) is kind


def test_a_photo_stands_upright_however_the_phone_was_held() -> None:
    kept = rewrite_picture(photo(turned=6), UploadKind.JPEG)
    assert (kept.width, kept.height) == (80, 120)
    with Image.open(io.BytesIO(kept.content)) as opened:
        top, bottom = opened.convert("RGB").getpixel((40, 5)), opened.convert("RGB").getpixel((40, 115))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > 60 > top[2]
    assert bottom[2] > 200 > 60 > bottom[0]


def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    kept = rewrite_picture(picture(width=5_000, height=2_500), UploadKind.JPEG)
    assert (kept.width, kept.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    with Image.open(io.BytesIO(kept.small or b"")) as small:
        assert small.size == (SMALL_SIDE, SMALL_SIDE // 2)


@pytest.mark.parametrize("kind", [UploadKind.PNG, UploadKind.WEBP])
def test_what_is_transparent_stays_so_and_is_paper_where_it_is_small(kind: UploadKind) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (10, 10, 10, 0)).save(out, kind.value.upper())
    kept = rewrite_picture(out.getvalue(), kind)
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert opened.mode == "RGBA"
        assert opened.getchannel("A").getextrema() == (0, 0)
    with Image.open(io.BytesIO(kept.small or b"")) as small:
        assert small.convert("RGB").getextrema() == ((255, 255), (255, 255), (255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "CMYK"])
def test_every_mode_of_pixels_is_taken(mode: str) -> None:
    kind = UploadKind.JPEG if mode == "CMYK" else UploadKind.PNG
    out = io.BytesIO()
    drawing().convert("L" if mode == "I;16" else mode).convert(mode).save(out, kind.value.upper())
    kept = rewrite_picture(out.getvalue(), kind)
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert opened.mode in {"RGB", "RGBA"}


def test_a_wide_profile_becomes_the_colours_of_the_web_and_a_broken_one_is_left_away() -> None:
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"no profile at all"):
        out = io.BytesIO()
        drawing().save(out, "JPEG", icc_profile=profile, quality=95)
        kept = rewrite_picture(out.getvalue(), UploadKind.JPEG)
        with Image.open(io.BytesIO(kept.content)) as opened:
            pixel = opened.convert("RGB").getpixel((20, 40))
        assert isinstance(pixel, tuple)
        assert pixel[0] > 240


def test_a_bomb_is_refused_by_what_it_says_of_itself() -> None:
    with pytest.raises(PictureTooBig):
        rewrite_picture(png_bomb(), UploadKind.PNG)
    with pytest.raises(PictureTooBig):
        rewrite_picture(png_bomb(10_000, 6_000), UploadKind.PNG)


@pytest.mark.parametrize("kind", PICTURE_KINDS)
def test_a_picture_that_was_cut_short_or_made_up_is_damaged(kind: UploadKind) -> None:
    whole = picture(kind, 400, 400)
    for content in (whole[: len(whole) // 2], whole[:12], whole[:12] + bytes(500)):
        with pytest.raises(UploadDamaged):
            rewrite_picture(content, kind)


@pytest.mark.parametrize("box", ["mp4", "mov"])
def test_a_video_is_packed_anew_without_what_the_phone_notes(box: str) -> None:
    sent = video(box=box)
    assert b"taken at home" in sent
    kept = repack_video(sent)
    assert (kept.kind, kept.width, kept.height, kept.duration_ms) == (UploadKind.MP4, 64, 48, 1_000)
    assert b"taken at home" not in kept.content
    assert b"+24.8750" not in kept.content
    with av.open(io.BytesIO(kept.content), "r") as opened:
        assert [stream.type for stream in opened.streams] == ["video", "audio"]
        assert len(list(opened.decode(video=0))) == 5
    with Image.open(io.BytesIO(kept.small or b"")) as small:
        assert small.size == (64, 48)


def test_a_silent_video_is_taken() -> None:
    assert repack_video(video(sound=False)).duration_ms == 1_000


def test_a_video_that_is_too_long_is_refused() -> None:
    with pytest.raises(VideoTooLong):
        repack_video(video(seconds=121, sound=False))


def test_a_video_that_browsers_do_not_play_is_refused() -> None:
    with pytest.raises(VideoUnplayable):
        repack_video(video(codec="mpeg4"))


def test_a_video_that_was_cut_short_is_damaged() -> None:
    whole = video()
    for content in (whole[: len(whole) // 2], whole[:32], whole[:32] + bytes(4_000)):
        with pytest.raises((UploadDamaged, VideoUnplayable)):
            repack_video(content)


def test_a_plain_document_is_kept_as_it_is() -> None:
    sent = document()
    assert check_document(sent).content == sent


@pytest.mark.parametrize(
    "part",
    [
        b"<< /S /JavaScript /JS (app.alert(1)) >>",
        b"<< /S /J#61vaScript >>",
        b"<< /S /Launch /F (calc.exe) >>",
        b"<< /Type /Filespec /EF << /F 9 0 R >> /Names /EmbeddedFiles >>",
        b"<< /Encrypt 9 0 R >>",
        packed_objects(b"4 0 << /S /JavaScript /JS (1) >>"),
        packed_objects(b"4 0 << /S /JavaScript /JS (1) >>").replace(b">>\nstream", b">> % aside\nstream"),
        packed_objects(b"4 0 << /S /JavaScript /JS (1) >>").replace(
            b" >>", b" /Pad (" + b"x" * 3_000 + b") >>", 1
        ),
        packed_objects(b"4 0 << /S /JavaScript /JS (1) >>").removesuffix(b"endstream"),
    ],
)
def test_a_document_that_acts_is_refused_wherever_it_hides_that(part: bytes) -> None:
    with pytest.raises(DocumentActive):
        check_document(document(part))


def test_the_bytes_of_a_picture_in_a_document_are_not_taken_for_names() -> None:
    check_document(document(b"<< /Length 12 >>\nstream\nxx /JS yyyy\nendstream"))


def test_streams_that_never_end_are_not_searched_again_and_again() -> None:
    # Ten megabytes: looked at once for each of its million streams, this would take days and stop the process.
    check_document(document(b">>stream\n" * 1_000_000))


@pytest.mark.parametrize(
    "content",
    [
        document(tail=b"PK\x03\x04" + bytes(2_000)),
        document()[:-12],
        b"%PDF-1.7\n" + bytes(500),
        b"%PDF-1.7\nstartxref\n999999\n%%EOF",
        b"%PDF-x\n" + document()[9:],
    ],
)
def test_what_only_begins_like_a_document_is_damaged(content: bytes) -> None:
    with pytest.raises(UploadDamaged):
        check_document(content)


async def test_every_kind_is_opened_by_the_one_who_knows_it() -> None:
    for content, name, kind in (
        (picture(), "a.jpg", UploadKind.JPEG),
        (video(), "a.mp4", UploadKind.MP4),
        (document(), "a.pdf", UploadKind.PDF),
    ):
        assert (await check_file(content, name, EVIDENCE)).kind is kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\photo.jpg", "photo.jpg"),
        ("a\r\nb\0.jpg", "ab.jpg"),
        ("x" * 500, "x" * 120),
        ("", ""),
    ],
)
def test_a_name_is_shown_without_what_could_do_harm(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-1", (0, 1)),
        ("bytes=0-", (0, 99)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes=100-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("bytes=-0", None),
        ("items=0-1", None),
        ("", None),
    ],
)
def test_one_part_of_a_file_is_what_its_header_says(header: str, part: tuple[int, int] | None) -> None:
    assert part_asked(header, 100) == part
