"""Which drawing a title gets: by a word of its Chinese title, else by its category."""

from collections.abc import Callable

from yellowcart.demo import motifs_beauty as beauty
from yellowcart.demo import motifs_devices as devices
from yellowcart.demo import motifs_food as food
from yellowcart.demo import motifs_fresh as fresh
from yellowcart.demo import motifs_home as home
from yellowcart.demo import motifs_toys as toys
from yellowcart.demo import motifs_wear as wear
from yellowcart.demo.drawing import Dice, Inks

Motif = Callable[[Dice, Inks], str]

# The first group with a word of the title wins, so a word that is part of another's comes later.
BY_WORD: tuple[tuple[str, Motif], ...] = (
    ("券 双人票", home.ticket),
    ("黏土", toys.clay),
    ("醉蟹", fresh.crab),
    ("蟹黄酱 豆瓣酱 鲜椒酱 蜂蜜 枣花蜜 燕窝 泡菜坛 油泼辣子", food.jar),
    ("卡包 背包 水桶包 托特包 斜挎包", wear.bag),
    ("围裙 浴巾 抹布 中筒袜 垃圾袋", home.cloths),
    ("马面裙", wear.skirt),
    ("裙", wear.dress),
    ("沥水篮 碗盘", home.dishes),
    ("鲨鱼夹 发簪", wear.hairpin),
    ("腊肠 腊肉 羊排", food.sausages),
    ("直播补光灯 补光灯", devices.ring_light),
    ("手机壳", devices.phone_case),
    ("手机支架 充电器 无线充", devices.charger),
    ("充电宝 移动电源", devices.power_bank),
    ("数据线", devices.cable),
    ("耳机", devices.earbuds),
    ("手环", wear.watch_band),
    ("音箱", devices.speaker),
    ("键盘 鼠标", devices.keyboard),
    ("路由器", devices.router),
    ("5G智能手机", devices.phone),
    ("空气炸锅雾化 喷油壶", food.bottle),
    ("空气炸锅", devices.air_fryer),
    ("电饭煲", devices.rice_cooker),
    ("吹风机 剃须刀", devices.hair_dryer),
    ("扫地机器人", devices.robot),
    ("空气净化器", devices.purifier),
    ("拖把 挂烫机", devices.cleaner),
    ("台灯", devices.lamp),
    ("养生壶 热水壶 电水壶", devices.kettle),
    ("榨汁杯", devices.blender),
    ("睫毛 口红 唇釉 唇泥", beauty.lipstick),
    ("眼影", beauty.palette),
    ("气垫 散粉", beauty.compact),
    ("眉笔 化妆刷", beauty.pencils),
    ("穿戴甲", beauty.nails),
    ("面膜", beauty.sachets),
    ("护手霜 防晒 洁面 牙膏", beauty.tube),
    ("洗发水 身体乳 洗衣液", beauty.pump),
    ("卸妆膏 精华 粉底液", beauty.dropper),
    ("湿巾 抽纸 纸尿裤", home.tissue),
    ("冷制皂", beauty.soap),
    ("料酒 青梅酒 桂花米酿", food.bottle),
    ("花雕 黄酒", food.wine_jar),
    ("红烧肉 拌面 酸菜鱼 年糕 馄饨 螺蛳粉 火锅底料 牛百叶 莲子羹 鱼丸", food.bowl),
    ("香油 酱油 香醋 蚝油 花生油", food.bottle),
    ("藕粉 卤料 素肉 肉松 海苔 燕麦 鱿鱼 芒果干 梨膏糖 奶粉", food.pouch),
    ("蛋黄酥 黑芝麻丸 雪媚娘", food.cakes),
    ("坚果 芡实", food.nuts),
    ("鸭蛋 鸡蛋", food.eggs),
    ("苹果", fresh.apple),
    ("橘 橙", fresh.citrus),
    ("猕猴桃", fresh.kiwi),
    ("草莓", fresh.strawberry),
    ("冬枣 蜜薯 妃芒", fresh.roots),
    ("白鱼", fresh.fish),
    ("虾仁", fresh.shrimps),
    ("茶具 茶杯", food.gaiwan),
    ("大米", food.sack),
    ("香菇 木耳", fresh.mushrooms),
    ("玉米", fresh.corn),
    ("牛奶", food.carton),
    ("茶", food.tea),
    ("绣花鞋 乐福鞋 拖鞋 凉鞋", wear.shoe),
    ("雪地靴 雨鞋", wear.boot),
    ("鞋", wear.sneaker),
    ("汉服 唐装", wear.robe),
    ("皮带", wear.belt),
    ("派克服 皮草马甲 皮毛一体", wear.fur),
    ("围脖", wear.knit),
    ("机车夹克 夹克 大衣 马甲", wear.coat),
    ("方巾", wear.scarf),
    ("裤", wear.trousers),
    ("开衫 羊毛衫 家居服 内衣", wear.knit),
    ("卫衣 T恤 衬衫 短袖", wear.tee),
    ("平安扣 戒面 锁骨链 长命锁", wear.pendant),
    ("手镯", wear.bangle),
    ("手串 项链", wear.beads),
    ("金豆", wear.gold),
    ("积木", toys.bricks),
    ("挖掘机", toys.vehicle),
    ("小火车", toys.train),
    ("熊猫", toys.panda),
    ("泡泡机", toys.bubbles),
    ("娃娃屋 过家家", toys.playhouse),
    ("水洗棉四件套 四件套", home.bedding),
    ("蚕丝被 丝被 冬被 褥 电热毯", home.quilt),
    ("枕", home.pillow),
    ("窗帘 蚊帐", home.curtain),
    ("收纳箱", home.tub),
    ("挂钩", home.hooks),
    ("伞", home.umbrella),
    ("保温杯", home.thermos),
    ("刀具", home.knife),
    ("剪", home.scissors),
    ("煎锅 炒锅 不粘锅", home.pan),
    ("蒸锅 砂锅 石捣", home.pot),
    ("菜板 切片刀", home.knife),
    ("调料罐", home.spice_jars),
    ("竹篮", home.basket),
    ("多肉", home.succulents),
    ("月季 郁金香", home.flowers),
    ("绿萝", home.potted),
)

BY_CATEGORY: dict[str, Motif] = {
    "food": food.bowl,
    "snacks": food.pouch,
    "cooking": food.bowl,
    "tea": food.tea,
    "health_food": food.jar,
    "fresh": fresh.apple,
    "fruit": fresh.apple,
    "seafood": fresh.fish,
    "beauty": beauty.dropper,
    "skincare": beauty.dropper,
    "makeup": beauty.lipstick,
    "personal_care": beauty.pump,
    "jewellery": wear.pendant,
    "jade_gold": wear.pendant,
    "electronics": devices.phone,
    "phone_accessories": devices.phone,
    "small_appliances": devices.rice_cooker,
    "apparel": wear.dress,
    "womenswear": wear.dress,
    "menswear": wear.tee,
    "shoes": wear.sneaker,
    "leather_fur": wear.fur,
    "hanfu": wear.robe,
    "bags": wear.bag,
    "luxury": wear.bag,
    "preowned_bags": wear.bag,
    "children": toys.panda,
    "toys": toys.bricks,
    "childrenswear": wear.tee,
    "baby": home.tissue,
    "alcohol": food.wine_jar,
    "spirits": food.wine_jar,
    "medical": home.tissue,
    "medical_devices": home.tissue,
    "virtual": home.ticket,
    "vouchers": home.ticket,
    "home": home.bedding,
    "home_textiles": home.bedding,
    "kitchenware": home.pot,
    "household": home.tub,
    "plants": home.potted,
    "potted_plants": home.potted,
}

JADE = "#8fbf9a"

# Colours that a word of the title asks for; otherwise the picture chooses its own.
COLOURS: tuple[tuple[str, str], ...] = (
    ("蜂蜜 枣花蜜", "#dd9a2f"),
    ("鲜椒酱 豆瓣酱 火锅底料", "#b8392a"),
    ("酱油 香醋 蚝油 料酒", "#4a2a20"),
    ("香油 花生油", "#c98a2c"),
    ("蟹黄酱", "#dd8a2c"),
    ("燕窝", "#e9d3b4"),
    ("青梅酒", "#a9a04a"),
    ("冬枣", "#a8442f"),
    ("蜜薯", "#a85a4a"),
    ("妃芒", "#e8ab3c"),
    ("南红", "#c0432f"),
    ("长命锁 珍珠", "#c9cbd2"),
    ("青花小珠", "#5a6160"),
    ("翡翠 平安扣", JADE),
    ("牛仔", "#4f6d94"),
    ("红色", "#c23b2e"),
)


def motif_for(title: str, category: str) -> Motif:
    """The drawing for a Chinese title, or the category's own; an unknown category gets a box."""
    for words, motif in BY_WORD:
        if any(word in title for word in words.split()):
            return motif
    return BY_CATEGORY.get(category, home.tub)


def colour_for(title: str, category: str) -> str | None:
    """The colour that the title asks for, else its category, if any."""
    for words, colour in COLOURS:
        if any(word in title for word in words.split()):
            return colour
    return JADE if category in {"jewellery", "jade_gold"} else None
