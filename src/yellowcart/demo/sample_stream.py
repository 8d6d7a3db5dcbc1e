"""Makes the sample stream of the demo rooms: short HLS of a drawn scene, H.264, portrait, without sound."""

import shutil
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp

import av

from yellowcart.demo.sample_scene import HIGH, WIDE, backdrop, draw

PLAYLIST = "index.m3u8"
FRAMES_PER_SECOND = 15
SEGMENT_SECONDS = 2
SECONDS_MAX = 120


def forget_drafts(folder: Path) -> None:
    """Remove what earlier makers of this folder left when they were broken off. Only while nobody makes it."""
    for draft in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(draft, ignore_errors=True)


def make_sample_stream(folder: Path, seconds: int = 24) -> Path:
    """The playlist `index.m3u8` in `folder`, made now unless it is there already.

    The stream is 360 × 640 at 15 frames a second in segments of 2 s, ends with EXT-X-ENDLIST and loops without a
    jump. It is written beside the folder and renamed when whole, so a reader never sees half a stream, and two
    makers at once end with one of their streams. Raises ValueError for a length outside 2 to 120 s, and OSError
    when the folder holds something else.
    """
    if not SEGMENT_SECONDS <= seconds <= SECONDS_MAX:
        raise ValueError(f"a sample stream lasts {SEGMENT_SECONDS} to {SECONDS_MAX} s, not {seconds}")
    playlist = folder / PLAYLIST
    if playlist.exists():
        return playlist
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        draft.chmod(0o755)
        _encode(draft, seconds)
        _take_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return playlist


def _take_place(draft: Path, folder: Path) -> None:
    """Rename the finished draft; an empty folder gives way, another maker's finished stream stays."""
    try:
        draft.rename(folder)
    except OSError:
        if not (folder / PLAYLIST).exists():
            raise


def _encode(folder: Path, seconds: int) -> None:
    frames = seconds * FRAMES_PER_SECOND
    options = {
        "hls_time": str(SEGMENT_SECONDS),
        "hls_playlist_type": "vod",
        "hls_flags": "independent_segments",
        "hls_segment_filename": str(folder / "part%03d.ts"),
    }
    with av.open(str(folder / PLAYLIST), "w", format="hls", options=options) as output:
        stream = output.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDE // 2, HIGH // 2, "yuv420p"
        stream.gop_size = SEGMENT_SECONDS * FRAMES_PER_SECOND
        stream.options = {
            "profile": "main",
            "preset": "veryfast",
            "tune": "animation",
            "crf": "27",
            "sc_threshold": "0",
        }
        stream.codec_context.thread_count = 1
        still = backdrop()
        for number in range(frames):
            canvas = still.copy()
            draw(canvas, number / frames)
            picture = av.VideoFrame(WIDE, HIGH, "rgb24")
            picture.planes[0].update(bytes(canvas.pixels))
            frame = picture.reformat(WIDE // 2, HIGH // 2, "yuv420p", interpolation="AREA")
            frame.pts = number
            frame.time_base = Fraction(1, FRAMES_PER_SECOND)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
