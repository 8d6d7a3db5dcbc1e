"""What the demo prints when it is up: where it is, who can sign in, what to look at, how to stop."""

from pathlib import Path

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from yellowcart.accounts.model import Role
from yellowcart.demo.accounts import PASSWORD, demo_accounts
from yellowcart.demo.world_file import World
from yellowcart.kernel.settings import Settings

ROLES = {
    Role.BUYER: "买家 buyer",
    Role.CREATOR: "达人 creator",
    Role.MERCHANT: "商家 merchant",
    Role.OPERATOR: "运营 operator",
    Role.RECRUITER: "招商 recruiter",
    Role.INSPECTOR: "品控 inspector",
    Role.CARRIER: "物流 carrier",
}

BUYER = (
    "买家（buyer）：进一个直播间，领券，点小黄车，用券结算，在沙箱收银台付款；在“订单”里看物流、申请售后",
    "Buyer (buyer): enter a live room, claim a coupon, open the yellow cart, check out with it, pay at the sandbox"
    " cashier; under Orders follow the parcels and ask for an after-sale",
    "/",
)
CARRIER = (
    "物流（carrier）：给商家的发货需求报价，被接受后填运单号",
    "Carrier (carrier): quote on the shops' shipping needs, name the waybill once accepted",
    "/carrier",
)
JUDGE = (
    "运营（operator）：在仲裁台判一件售后；看支付对账发现的问题",
    "Operator (operator): decide an after-sale at the arbitration desk; see what reconciling payments found",
    "/operator/arbitration",
)
STORIES = {
    "kuaishou_2022": (
        BUYER,
        (
            "达人（xiaobo）：排一场直播，贴一条外链，看判定与生效日期",
            "Creator (xiaobo): schedule a room, paste an outside link, read its verdict and its date",
            "/creator",
        ),
        (
            "商家（xiaobo_kitchen）：整单、拆单或批量发货，处理售后，搬入别处导出的商品文件",
            "Merchant (xiaobo_kitchen): ship orders whole, split or in bulk, answer after-sales, bring in a"
            " product file from elsewhere",
            "/merchant",
        ),
        CARRIER,
        JUDGE,
        (
            "运营（operator_night）：有一份公告草稿等第二人审核；"
            "（operator）把时钟拨到 2022-03-01 00:00，看淘宝、京东离开直播间",
            "Operator (operator_night): a draft notice waits for a second person; (operator) move the clock to"
            " 2022-03-01 00:00 and watch Taobao and JD leave the live carts",
            "/operator",
        ),
    ),
    "douyin_2020": (
        BUYER,
        (
            "达人（ayun）：在直播间挂一条淘宝链接，看 8 月 20 日起的 20% 服务费",
            "Creator (ayun): put a Taobao link into a live cart, read of the 20 % fee from 20 August",
            "/creator",
        ),
        (
            "商家（taoyuan）：整单、拆单或批量发货，处理售后，搬入别处导出的商品文件",
            "Merchant (taoyuan): ship orders whole, split or in bulk, answer after-sales, bring in a product file"
            " from elsewhere",
            "/merchant",
        ),
        CARRIER,
        JUDGE,
        (
            "运营（operator）：把时钟拨到 2020-08-20（收费）、09-06（须经巨量星图）、10-09（离开直播间）",
            "Operator (operator): move the clock to 2020-08-20 (a fee), 09-06 (only through Juliang Xingtu), 10-09"
            " (refused in live carts)",
            "/operator",
        ),
    ),
}
"""What a newcomer may look at first, in each world."""


def board(world: World, url: str, seconds: float, logs: Path) -> RenderableType:
    """The panel of a running demo of a world at `url`, which took so many seconds to come up."""
    where = Text.assemble(
        ("小黄车演示已就绪 · The Yellowcart demo is up", "bold"),
        f"  ({seconds:.1f} s)\n  {world.name.zh} · {world.name.en}\n",
        ("  " + url, "bold yellow"),
    )
    accounts = Table(
        box=SIMPLE, padding=(0, 1), title=f"账号 · Accounts  （密码 password: {PASSWORD}）", title_justify="left"
    )
    accounts.add_column("角色 role", no_wrap=True, min_width=14)
    accounts.add_column("登录名 login", no_wrap=True, min_width=16)
    accounts.add_column("姓名 name")
    for account in demo_accounts(world):
        accounts.add_row(ROLES[account.role], account.login, f"{account.name.zh} · {account.name.en}")
    stories = Table.grid(padding=(0, 1))
    for number, (chinese, english, path) in enumerate(STORIES.get(world.key, (BUYER,)), start=1):
        stories.add_row(
            f"{number}.", Text.assemble(chinese, "\n", (english, "dim"), "\n", (f"{url}{path}", "blue"))
        )
    ending = Text.assemble(
        "停止 stop: ", ("Ctrl-C", "bold"),
        "   重新开始 start over: ", (f"make demo{_world_of(world)} FRESH=1", "bold"),
        f"   日志 logs: {logs}",
    )  # fmt: skip
    heading = Text("看什么 · What to look at", style="italic")
    return Panel(Group(where, accounts, heading, stories, Text(), ending), border_style="yellow", expand=False)


def _world_of(world: World) -> str:
    return "" if world.key == Settings.world else f" WORLD={world.key}"
