"""Pictures, decoded and written anew: what a camera notes beside the picture (where it was taken, with what, an
earlier version of it) and whatever is hidden behind its end do not come along."""

import io
import warnings
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from yellowcart.uploads.errors import PictureTooBig, UploadDamaged
from yellowcart.uploads.model import CheckedFile, UploadKind
from yellowcart.uploads.rules import LONGEST_SIDE, PIXELS_MAX, SMALL_SIDE

_FORMATS: Final = {UploadKind.JPEG: "JPEG", UploadKind.PNG: "PNG", UploadKind.WEBP: "WEBP"}
JPEG_QUALITY: Final = 88
WEBP_QUALITY: Final = 86
SMALL_QUALITY: Final = 78
PAPER: Final = (255, 255, 255)
"""What shows through a picture without a ground of its own, where its small JPEG stands."""
_DAMAGE: Final = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError)
"""What Pillow raises for a file that is not what it begins like; its decoders name the same damage differently."""


def rewrite_picture(content: bytes, kind: UploadKind) -> CheckedFile:
    """A picture of `kind` as it is kept: upright, in sRGB, its longest side at most LONGEST_SIDE, of one frame,
    without metadata. Blocking. Raises PictureTooBig, UploadDamaged."""
    try:
        with warnings.catch_warnings():
            # A picture between one and two times Pillow's own limit only warns there; ours decides.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = _opened(content, kind)
        kept = _written(picture, kind)
        small = small_jpeg(picture)
    except Image.DecompressionBombError as error:
        raise PictureTooBig(megapixels=PIXELS_MAX // 1_000_000) from error
    except _DAMAGE as error:
        raise UploadDamaged from error
    return CheckedFile(
        kind=kind, content=kept, small=small, width=picture.width, height=picture.height, duration_ms=None
    )


def small_jpeg(picture: Image.Image) -> bytes:
    """A small copy for lists, at most SMALL_SIDE on its longest side."""
    small = picture.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, PAPER)
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    out = io.BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=SMALL_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _opened(content: bytes, kind: UploadKind) -> Image.Image:
    """The picture alone: pixels in RGB or RGBA, nothing else."""
    with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as opened:
        if opened.width * opened.height > PIXELS_MAX:
            raise PictureTooBig(megapixels=PIXELS_MAX // 1_000_000)
        # A JPEG is decoded at the size that is needed: a large one never stands in memory whole.
        opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        profile = opened.info.get("icc_profile")
        has_alpha = upright.has_transparency_data
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        upright = _in_srgb(upright, profile)
        plain = upright.convert("RGBA" if has_alpha else "RGB")
        # From the bytes of its pixels: no dictionary of what else the file held comes along.
        return Image.frombytes(plain.mode, plain.size, plain.tobytes())


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as every browser shows them. The profile goes, so a wide one would look pale without this."""
    if not profile or picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that says nothing usable is as good as none.
        return picture
    return turned or picture


def _written(picture: Image.Image, kind: UploadKind) -> bytes:
    out = io.BytesIO()
    if kind is UploadKind.JPEG:
        picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    elif kind is UploadKind.PNG:
        picture.save(out, "PNG")
    else:
        picture.save(out, "WEBP", quality=WEBP_QUALITY, method=4)
    return out.getvalue()
