"""Videos, opened and packed anew: one track of pictures and one of sound, in an MP4 without the notes, places and
other tracks that a phone adds. Nothing is coded again, so that it takes moments and loses nothing."""

import io
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from PIL import Image

from yellowcart.uploads.errors import UploadDamaged, VideoTooLong, VideoUnplayable
from yellowcart.uploads.model import CheckedFile, UploadKind
from yellowcart.uploads.pictures import small_jpeg
from yellowcart.uploads.rules import VIDEO_SECONDS_MAX, VIDEO_SIDE_MAX

VIDEO_CODECS: Final = frozenset({"h264", "hevc", "av1", "vp9"})
AUDIO_CODECS: Final = frozenset({"aac", "mp3", "opus"})
PACKETS_MAX: Final = 60_000
"""Of a file: two minutes of 120 pictures and 94 pieces of sound a second are 26,000."""


def repack_video(content: bytes) -> CheckedFile:
    """A video as it is kept. Blocking. Raises UploadDamaged, VideoUnplayable, VideoTooLong."""
    try:
        with av.open(io.BytesIO(content), "r", format="mov", metadata_errors="ignore") as opened:
            picture = _require_playable(opened)
            small, is_turned = _first_picture(content)
            packed, end = _packed(opened, picture)
            sides = (picture.codec_context.width, picture.codec_context.height)
            width, height = reversed(sides) if is_turned else sides
    except (av.error.FFmpegError, EOFError, ValueError) as error:
        raise UploadDamaged from error
    return CheckedFile(
        kind=UploadKind.MP4,
        content=packed,
        small=small,
        width=width,
        height=height,
        duration_ms=max(1, int(end * 1_000)),
    )


def _require_playable(opened: InputContainer) -> VideoStream:
    if not opened.streams.video:
        raise VideoUnplayable
    picture = opened.streams.video[0]
    context: VideoCodecContext | None = picture.codec_context  # none for a codec that nobody here knows
    if context is None or context.name not in VIDEO_CODECS:
        raise VideoUnplayable
    if not (0 < context.width <= VIDEO_SIDE_MAX and 0 < context.height <= VIDEO_SIDE_MAX):
        raise VideoUnplayable
    if opened.duration is not None and opened.duration > VIDEO_SECONDS_MAX * av.time_base:
        raise VideoTooLong(seconds=VIDEO_SECONDS_MAX)
    return picture


def _is_playable_sound(stream: AudioStream) -> bool:
    context: AudioCodecContext | None = stream.codec_context
    return context is not None and context.name in AUDIO_CODECS


def _packed(opened: InputContainer, picture: VideoStream) -> tuple[bytes, Fraction]:
    """The new file, and where its last picture ends, in seconds: measured, for the box may claim anything."""
    end, packets = Fraction(0), 0
    with (
        tempfile.TemporaryDirectory(prefix="yellowcart-video-") as folder,
        av.open(str(Path(folder) / "video.mp4"), "w", options={"movflags": "faststart"}) as packed,
    ):
        tracks: dict[int, VideoStream | AudioStream] = {picture.index: packed.add_stream_from_template(picture)}
        sound = next((each for each in opened.streams.audio if _is_playable_sound(each)), None)
        if sound is not None:
            tracks[sound.index] = packed.add_stream_from_template(sound)
        for packet in opened.demux([each for each in opened.streams if each.index in tracks]):
            if packet.dts is None:
                continue
            packets += 1
            if packet.pts is not None and packet.stream.index == picture.index:
                end = max(end, (packet.pts + (packet.duration or 0)) * Fraction(packet.time_base))
            if packets > PACKETS_MAX or end > VIDEO_SECONDS_MAX:
                raise VideoTooLong(seconds=VIDEO_SECONDS_MAX)
            packet.stream = tracks[packet.stream.index]
            packed.mux(packet)
        if not packets:
            raise UploadDamaged
        # Closing moves the index to the front, so that a player begins before it has everything.
        packed.close()
        return Path(folder, "video.mp4").read_bytes(), end


def _first_picture(content: bytes) -> tuple[bytes, bool]:
    """The first picture of the video, small, and whether it lies on its side in the file: that it can be decoded
    shows that it is one."""
    with av.open(io.BytesIO(content), "r", format="mov", metadata_errors="ignore") as opened:
        for frame in opened.decode(video=0):
            still: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
            # A phone that is held upright notes the turn beside the picture; players turn it, and so do we.
            upright = still.rotate(frame.rotation, expand=True) if frame.rotation else still
            return small_jpeg(upright), bool(frame.rotation % 180)
    raise UploadDamaged
