"""The demo world holds together, keeps the promises of domain.md, and says where a mistake stands."""

import re
import shutil
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from yellowcart.demo.model import CreatorKind, RoomState, RuleAction
from yellowcart.demo.world_checks import source_share, valid_barcode
from yellowcart.demo.world_file import WORLDS, World, WorldFileError, load_world

ALL_SOURCES = [
    "own",
    "taobao_union",
    "jd_union",
    "youzan",
    "mockuai",
    "pinduoduo",
    "course",
    "flash_sale",
    "other",
]
ALL_SURFACES = ["live_cart", "video_cart", "product_page", "profile_page", "shop_page"]

# The link forms of domain.md §4; the scheme is stripped before they are matched.
FORMS = {
    ("taobao_union", "taobao"): [
        r"^(?:item|h5\.m|a?m)\.taobao\.com/(?:item\.htm|awp/core/detail\.htm|detail/detail\.htm)"
        r"\?(?:[^#]*&)?(?:id|itemId|item_id)=(?P<id>\d{8,15})",
        r"^(?:m|e|s)\.tb\.cn/[A-Za-z0-9.]+",
    ],
    ("taobao_union", "tmall"): [
        r"^(?:detail|detail\.m|chaoshi\.detail|world|chaoshi\.detail\.m)\.tmall\.(?:com|hk)/"
        r"(?:item\.htm|hk/item\.htm|item_o\.htm)\?(?:[^#]*&)?id=(?P<id>\d{8,15})",
        r"^s\.click\.(?:taobao|tmall)\.com/(?:t\?\S+|[A-Za-z0-9]+)",
    ],
    ("jd_union", "jd"): [
        r"^(?:item\.jd\.com|npcitem\.jd\.hk|item\.jd\.hk|item\.yiyaojd\.com)/(?P<id>\d{5,})\.html",
        r"^(?:item\.m|m|product\.m)\.jd\.com/(?:product/|ware/)?(?P<id>\d{5,})\.html",
        r"^(?:u|union-click)\.jd\.com/(?:[A-Za-z0-9]+|jd[ac]?\?\S+)",
    ],
    ("youzan", "youzan"): [
        r"^(?:h5|detail|shop\d+(?:-\d+)?)\.(?:m\.)?(?:youzan|koudaitong)\.com/"
        r"(?:show/goods|v2/showcase/goods|wscgoods/detail|v2/goods)(?:/?\?(?:[^#]*&)?alias=|/)(?P<id>[0-9a-z]{10,20})",
    ],
    ("mockuai", "mockuai"): [r"^([\w-]+\.)*mockuai\.com/"],
    ("pinduoduo", "pinduoduo"): [
        r"^mobile\.(?:yangkeduo|pinduoduo)\.com/goods[12]?\.html\?(?:[^#]*&)?goods_id=(?P<id>\d{6,})",
    ],
}


@pytest.fixture(scope="module")
def world() -> World:
    return load_world("kuaishou_2022")


@pytest.fixture
def copied_worlds(tmp_path: Path) -> Path:
    shutil.copytree(WORLDS, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_world_is_as_large_as_the_story_needs(world: World) -> None:
    assert len(world.creators) >= 36
    assert len(world.merchants) >= 18
    assert len(world.products) >= 160
    assert len(world.outside_products) >= 80
    states = Counter(room.state for room in world.rooms)
    assert states[RoomState.LIVE] == 10
    assert states[RoomState.SCHEDULED] >= 3
    assert states[RoomState.ENDED] >= 25
    assert len(world.videos) >= 14
    assert len(set(world.audience.nicknames)) >= 60
    assert sum(len(chat.lines) for chat in world.audience.chats) >= 80


def test_world_begins_before_the_cut_and_remembers_october(world: World) -> None:
    assert world.starts_at == _at("2022-02-25T12:00")
    assert world.history_from == _at("2021-10-25T00:00")


def test_xiaobo_lists_88_percent_from_taobao_in_seven_days(world: World) -> None:
    xiaobo = next(creator for creator in world.creators if creator.key == "xiaobo")
    assert (xiaobo.name.zh, xiaobo.followers) == ("小波私房菜", 3_000_000)
    assert source_share(world, "xiaobo", "taobao_union") == Fraction(88, 100)


def test_88_percent_holds_however_repeats_are_counted(world: World) -> None:
    today = world.starts_at.replace(hour=0)
    listed = [
        key
        for room in world.rooms
        if room.creator == "xiaobo" and today - timedelta(days=7) <= room.starts_at < today
        for key in room.cart
    ]
    assert len(listed) == len(set(listed)) == 25
    assert sum(world.link_source_of(key) == "taobao_union" for key in listed) == 22


def test_notices_equal_the_table_of_the_domain(world: World) -> None:
    ruled = {
        notice.effective_at: {pair: rule.action for rule in notice.rules for pair in rule.pairs()}
        for notice in world.notices
    }
    allow, refuse = RuleAction.ALLOW, RuleAction.REFUSE
    assert ruled == {
        _at("2018-01-01T00:00"): {(surface, source): allow for surface in ALL_SURFACES for source in ALL_SOURCES},
        _at("2021-11-01T00:00"): {
            (surface, source): refuse if surface == "live_cart" else allow
            for surface in ("live_cart", "video_cart", "profile_page", "shop_page")
            for source in ("youzan", "mockuai")
        },
        _at("2022-03-01T00:00"): {
            ("live_cart", "taobao_union"): refuse,
            ("video_cart", "taobao_union"): refuse,
            ("product_page", "taobao_union"): refuse,
            ("live_cart", "jd_union"): refuse,
            ("video_cart", "jd_union"): allow,
            ("product_page", "jd_union"): allow,
        },
    }


def test_notice_of_2022_gives_seven_days(world: World) -> None:
    notice = next(notice for notice in world.notices if notice.key == "unions-2022")
    assert notice.announced_at.date() == datetime(2022, 2, 22).date()
    assert notice.effective_at == _at("2022-03-01T00:00")


@pytest.mark.parametrize(
    ("surface", "source", "moment", "action"),
    [
        ("live_cart", "taobao_union", "2022-02-28T23:59:59", RuleAction.ALLOW),
        ("live_cart", "taobao_union", "2022-03-01T00:00:00", RuleAction.REFUSE),
        ("video_cart", "jd_union", "2022-03-01T00:00:00", RuleAction.ALLOW),
        ("profile_page", "taobao_union", "2022-03-02T00:00:00", RuleAction.ALLOW),
        ("live_cart", "youzan", "2021-10-31T23:59:59", RuleAction.ALLOW),
        ("live_cart", "youzan", "2021-11-01T00:00:00", RuleAction.REFUSE),
        ("video_cart", "mockuai", "2021-11-01T00:00:00", RuleAction.ALLOW),
        ("live_cart", "own", "2022-03-01T00:00:00", RuleAction.ALLOW),
        ("live_cart", "own", "2017-12-31T23:59:59", None),
    ],
)
def test_latest_rule_in_force_answers(
    world: World, surface: str, source: str, moment: str, action: RuleAction | None
) -> None:
    assert world.action_at(surface, source, _at(moment)) is action


def test_every_outside_link_has_a_form_of_the_domain(world: World) -> None:
    for outside in world.outside_products:
        forms = FORMS[outside.link_source, outside.storefront]
        bare = outside.url.removeprefix("https://")
        assert any(re.match(form, bare, re.IGNORECASE) for form in forms), outside.url


def test_each_link_stands_once(world: World) -> None:
    links = [outside.url for outside in world.outside_products]
    assert len(links) == len(set(links))


def test_barcodes_are_of_the_range_that_names_nobody(world: World) -> None:
    codes = [sku.barcode for product in world.products for sku in product.skus if sku.barcode]
    assert len(codes) > 100
    assert all(valid_barcode(code) and code.startswith("2") for code in codes)


def test_every_product_can_be_sold_under_an_offer(world: World) -> None:
    whole_shop = {offer.merchant for offer in world.offers if not offer.products}
    assert whole_shop == {merchant.key for merchant in world.merchants}


def test_self_broadcast_accounts_need_no_agency(world: World) -> None:
    own = [creator for creator in world.creators if creator.kind is CreatorKind.SELF_BROADCAST]
    assert len(own) >= 5
    assert all(creator.mcn is None for creator in own)


def test_every_creator_has_a_room_or_a_video_or_waits(world: World) -> None:
    on_stage = {room.creator for room in world.rooms} | {video.creator for video in world.videos}
    assert len(on_stage) >= 28


@pytest.mark.parametrize("name", ["../kuaishou_2022", "kuaishou_2022.toml", "", "Kuaishou"])
def test_name_of_a_world_is_no_path(name: str) -> None:
    with pytest.raises(WorldFileError, match="is no name of a world"):
        load_world(name)


def test_missing_world_is_said_to_be_missing() -> None:
    with pytest.raises(WorldFileError, match=r"nowhere\.toml: there is no such file"):
        load_world("nowhere")


@pytest.mark.parametrize(
    ("part", "old", "new", "message"),
    [
        ("videos", "tb-iron-wok", "tb-iron-pan", r"videos 'video-xiaobo-braise': no product .*'tb-iron-pan'"),
        ("creators", "followers = 3_000_000", "folowers = 3_000_000", r"creators 'xiaobo': .*folowers"),
        ("creators", 'mcn = "xingchuan"', 'mcn = "xingchan"', r"creators 'xiaobo': no MCN 'xingchan'"),
        ("products_food", "price = 3990", "price = 39.9", r"products 'braised-pork-kit': .*price"),
        ("people", '["recruiter"]', '["recruiter", "inspector"]', r"accounts 'recruiter-lu': .* never"),
        ("offers", 'key = "open-', 'kye = "open-', r"offers 'number 1': .*"),
        (
            "outside_taobao",
            'link_source = "taobao_union"',
            'link_source = "own"',
            r"outside_products 'tb-iron-wok'",
        ),
        (
            "notices",
            "effective_at = 2022-03-01",
            "effective_at = 2022-02-01",
            r"notices 'unions-2022': takes effect",
        ),
        ("audience", "joins_per_minute = 18", "joins_per_minute = -1", r"audience: .*joins_per_minute"),
        ("merchants", "[[merchants]]", "[[dealers]]", r"dealers: is no kind of entry"),
        ("surfaces", "[[surfaces]]", "[[surfaces]", r"is no TOML"),
    ],
)
def test_mistake_is_named_with_its_file_and_entry(
    copied_worlds: Path, part: str, old: str, new: str, message: str
) -> None:
    folder = "shared" if part in {"audience", "surfaces"} else "kuaishou_2022"
    _edit(copied_worlds / folder / f"{part}.toml", old, new)
    with pytest.raises(WorldFileError, match=rf"^{part}\.toml: {message}"):
        load_world("kuaishou_2022", copied_worlds)


def test_source_share_that_is_not_kept_is_refused(copied_worlds: Path) -> None:
    rooms = copied_worlds / "kuaishou_2022" / "rooms.toml"
    _edit(rooms, '"tb-pickle-jar", "jd-air-fryer"]', '"tb-pickle-jar"]')
    with pytest.raises(WorldFileError, match=r"^rooms\.toml: source_shares 'xiaobo-taobao': 8800 .* 11/12 listed"):
        load_world("kuaishou_2022", copied_worlds)


def test_refused_goods_cannot_stand_in_a_live_cart(copied_worlds: Path) -> None:
    rooms = copied_worlds / "kuaishou_2022" / "rooms.toml"
    _edit(rooms, "starts_at = 2021-10-28T15:00:00+08:00", "starts_at = 2021-11-28T15:00:00+08:00")
    _edit(rooms, "ends_at = 2021-10-28T17:00:00+08:00", "ends_at = 2021-11-28T17:00:00+08:00")
    with pytest.raises(WorldFileError, match=r"rooms 'zhou-1028': .*youzan was not admitted on live_cart"):
        load_world("kuaishou_2022", copied_worlds)


def test_same_key_twice_is_refused(copied_worlds: Path) -> None:
    creators = copied_worlds / "kuaishou_2022" / "creators.toml"
    _edit(creators, 'key = "dabei-kitchen"', 'key = "xiaobo"')
    with pytest.raises(WorldFileError, match=r"creators 'xiaobo': the key is used 2 times"):
        load_world("kuaishou_2022", copied_worlds)
