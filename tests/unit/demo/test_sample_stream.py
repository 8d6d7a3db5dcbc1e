"""The sample stream is real H.264 in HLS, small, whole or absent."""

from pathlib import Path

import av
import pytest

from yellowcart.demo.sample_scene import backdrop, draw
from yellowcart.demo.sample_stream import forget_drafts, make_sample_stream


@pytest.fixture(scope="module")
def playlist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stream of default length, made once; it takes some seconds of one core."""
    return make_sample_stream(tmp_path_factory.mktemp("media") / "sample")


def test_stream_is_portrait_h264_of_24_seconds(playlist: Path) -> None:
    with av.open(str(playlist)) as stream:
        video = stream.streams.video[0]
        assert video.codec_context.name == "h264"
        assert video.codec_context.profile in {"Main", "Constrained Baseline", "Baseline"}
        assert (video.width, video.height, video.pix_fmt) == (360, 640, "yuv420p")
        frames = [frame.pts for frame in stream.decode(video=0)]
    assert len(frames) == 24 * 15


def test_playlist_is_whole_and_its_segments_add_up(playlist: Path) -> None:
    lines = playlist.read_text().splitlines()
    lengths = [float(line.removeprefix("#EXTINF:").rstrip(",")) for line in lines if line.startswith("#EXTINF:")]
    names = [line for line in lines if not line.startswith("#")]
    assert lengths == [2.0] * 12
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert [(playlist.parent / name).is_file() for name in names] == [True] * 12


def test_stream_stays_small(playlist: Path) -> None:
    assert sum(file.stat().st_size for file in playlist.parent.iterdir()) < 900_000


def test_nothing_is_left_beside_the_stream(playlist: Path) -> None:
    assert [entry.name for entry in playlist.parent.parent.iterdir()] == ["sample"]


def test_finished_stream_is_kept(playlist: Path) -> None:
    before = playlist.stat().st_mtime_ns
    assert make_sample_stream(playlist.parent, seconds=2) == playlist
    assert playlist.stat().st_mtime_ns == before


def test_folder_with_other_things_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "letter.txt").write_text("mine")
    with pytest.raises(OSError, match="not empty"):
        make_sample_stream(tmp_path / "sample", seconds=2)
    assert (tmp_path / "sample" / "letter.txt").read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["sample"]


@pytest.mark.parametrize("seconds", [0, 1, 121])
def test_length_outside_the_limits_is_refused(tmp_path: Path, seconds: int) -> None:
    with pytest.raises(ValueError, match="lasts 2 to 120 s"):
        make_sample_stream(tmp_path / "sample", seconds=seconds)
    assert list(tmp_path.iterdir()) == []


def test_scene_moves_and_ends_where_it_began() -> None:
    def picture(part: float) -> bytes:
        canvas = backdrop()
        draw(canvas, part)
        rows = canvas.high - 12
        return bytes(canvas.pixels[: rows * canvas.wide * 3])

    first, later, last = picture(0.0), picture(0.3), picture(1.0)
    assert first != later
    differing = sum(a != b for a, b in zip(first, last, strict=True))
    assert differing < len(first) // 1000


def test_what_was_broken_off_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".stream-abc").mkdir()
    (tmp_path / ".stream-abc" / "part000.ts").write_bytes(b"half")
    (tmp_path / ".other").mkdir()
    forget_drafts(tmp_path / "stream")
    assert [path.name for path in tmp_path.iterdir()] == [".other"]
