"""Files for tests, made by the libraries that people's devices use: honest ones, and those that lie."""

import io
import zlib
from collections.abc import Callable
from typing import cast

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, PngImagePlugin

from yellowcart.uploads.model import UploadKind

GPS = 0x8825
ORIENTATION = 0x0112
MAKER = 0x010F
FORMATS = {UploadKind.JPEG: "JPEG", UploadKind.PNG: "PNG", UploadKind.WEBP: "WEBP"}


def drawing(width: int = 120, height: int = 80, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new(mode, (width, height), "blue")
    ImageDraw.Draw(picture).rectangle((0, 0, width // 2 - 1, height), fill="red")
    return picture


def picture(kind: UploadKind = UploadKind.JPEG, width: int = 120, height: int = 80) -> bytes:
    """A plain picture."""
    out = io.BytesIO()
    drawing(width, height).save(out, FORMATS[kind])
    return out.getvalue()


def photo(kind: UploadKind = UploadKind.JPEG, *, turned: int = 1) -> bytes:
    """A photo of a phone: it says where it was taken, by which camera, and how the phone was held."""
    exif = Image.Exif()
    exif[MAKER] = "Some Phone"
    exif[ORIENTATION] = turned
    exif.get_ifd(GPS).update({1: "N", 2: (24.0, 52.0, 30.0), 3: "E", 4: (118.0, 40.0, 30.0)})
    out = io.BytesIO()
    if kind is UploadKind.PNG:
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "taken at home")
        drawing().save(out, "PNG", exif=exif, pnginfo=notes)
    elif kind is UploadKind.WEBP:
        drawing().save(out, "WEBP", exif=exif, xmp=b"<x>taken at home</x>", lossless=True)
    else:
        drawing().save(out, "JPEG", exif=exif, comment=b"taken at home", quality=95)
    return out.getvalue()


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of some kilobytes that would take gigabytes when opened."""

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(name + content)
        return len(content).to_bytes(4, "big") + name + content + crc.to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(4_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def video(*, seconds: int = 1, codec: str = "libx264", box: str = "mp4", sound: bool = True) -> bytes:
    """A video as a phone records it, with the place noted in its box."""
    out = io.BytesIO()
    with av.open(out, "w", format=box) as opened:
        opened.metadata["location"] = "+24.8750+118.6750/"
        opened.metadata["comment"] = "taken at home"
        stream = opened.add_stream(codec, rate=5)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        track = opened.add_stream("aac", rate=8_000) if sound else None
        frame_of = cast("Callable[[Image.Image], av.VideoFrame]", av.VideoFrame.from_image)
        for _ in range(5 * seconds):
            opened.mux(stream.encode(frame_of(drawing(64, 48))))
        opened.mux(stream.encode(None))
        if track is not None:
            assert isinstance(track, AudioStream)
            for index in range(8 * seconds):
                frame = av.AudioFrame(format="fltp", layout="mono", samples=1_000)
                frame.sample_rate, frame.pts = 8_000, index * 1_000
                frame.planes[0].update(bytes(frame.planes[0].buffer_size))
                opened.mux(track.encode(frame))
            opened.mux(track.encode(None))
    return out.getvalue()


def document(*objects: bytes, tail: bytes = b"") -> bytes:
    """A PDF of one empty page and some objects more."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *objects,
    ]
    content, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(content))
    return content + table + trailer + tail


def packed_objects(content: bytes) -> bytes:
    """A list of objects packed into a stream, where a plain search would not see them."""
    packed = zlib.compress(content)
    return (
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
        + packed
        + b"\nendstream"
    )
