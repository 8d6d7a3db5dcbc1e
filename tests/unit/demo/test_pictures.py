"""Pictures are repeatable, well-formed, small and safe to show."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from yellowcart.demo.pictures import avatar, cover, product_picture
from yellowcart.demo.world_file import World, load_world

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('苹果')</script>&\"]]>\x00🍎"


@pytest.fixture(scope="module")
def world() -> World:
    return load_world("kuaishou_2022")


def _all_pictures(world: World) -> dict[str, str]:
    pictures = {
        product.key: product_picture(product.title.zh, product.category, world.seed) for product in world.products
    }
    for outside in world.outside_products:
        pictures[outside.key] = product_picture(outside.title.zh, outside.category, world.seed)
    for room in world.rooms:
        pictures[f"cover {room.key}"] = cover(room.title.zh, room.category, world.seed)
    for video in world.videos:
        pictures[f"cover {video.key}"] = cover(video.title.zh, video.category, world.seed)
    pictures |= {f"avatar {entry.key}": avatar(entry.name.zh, world.seed) for entry in world.creators}
    return pictures


def test_every_picture_of_the_world_is_well_formed_and_under_six_kilobytes(world: World) -> None:
    for key, picture in _all_pictures(world).items():
        assert ElementTree.fromstring(picture).tag == f"{SVG}svg", key
        assert len(picture.encode()) < 6_000, key


def test_covers_stay_small_whatever_the_seed(world: World) -> None:
    titles = {(thing.title.zh, thing.category) for thing in world.products}
    for title, category in titles:
        for seed in range(3):
            assert len(cover(title, category, seed).encode()) < 6_000, title


def test_same_picture_in_another_process() -> None:
    code = (
        "import sys; sys.stdout.reconfigure(encoding='utf-8');"
        "from yellowcart.demo.pictures import *;"
        "print(product_picture('苹果','fruit',7)+cover('苹果','fruit',7)+avatar('小波',7), end='')"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8", env={"PYTHONPATH": _src()}
    )
    assert other.stdout == product_picture("苹果", "fruit", 7) + cover("苹果", "fruit", 7) + avatar("小波", 7)


def _src() -> str:
    return ":".join(path for path in sys.path if path)


def test_seed_and_title_change_the_picture() -> None:
    assert product_picture("红富士苹果", "fruit", 1) != product_picture("红富士苹果", "fruit", 2)
    assert product_picture("红富士苹果", "fruit", 1) != product_picture("红颜草莓", "fruit", 1)


def test_shapes_of_the_pictures() -> None:
    assert 'viewBox="0 0 600 600"' in product_picture("苹果", "fruit", 1)
    assert 'viewBox="0 0 360 640"' in cover("苹果", "fruit", 1)
    assert 'viewBox="0 0 120 120"' in avatar("小波", 1)


def test_hostile_text_never_becomes_markup() -> None:
    for picture in (product_picture(HOSTILE, HOSTILE, 1), cover(HOSTILE, HOSTILE, 1), avatar(HOSTILE, 1)):
        ElementTree.fromstring(picture)
        assert "<script" not in picture


@pytest.mark.parametrize(("name", "glyph"), [("小波私房菜", "小"), ("&anna", "A"), ("  -7up", "7")])
def test_avatar_shows_the_first_letter(name: str, glyph: str) -> None:
    text = ElementTree.fromstring(avatar(name, 1)).find(f".//{SVG}text")
    assert text is not None
    assert text.text == glyph


@pytest.mark.parametrize("name", ["", "  ", "🍎", "<&>"])
def test_name_without_a_letter_gets_a_smile(name: str) -> None:
    assert "<text" not in avatar(name, 1)


def test_unknown_category_still_gets_a_picture() -> None:
    assert product_picture("", "no_such_category", 0).startswith("<svg")


def test_gradients_of_two_pictures_do_not_meet(world: World) -> None:
    marks = [
        element.get("id")
        for picture in set(_all_pictures(world).values())
        for element in ElementTree.fromstring(picture).iter()
        if element.get("id")
    ]
    assert len(marks) == len(set(marks))
