"""The sandbox provider's own page, where the payer decides. It knows the charge and nobody's name, and it is there
only where the sandbox is offered: nobody pays a real shop with it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import PUBLIC
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, page
from yellowcart.kernel.errors import NotFound
from yellowcart.payments.gateway import GatewayState
from yellowcart.payments.providers import Gateways
from yellowcart.payments.sandbox import SandboxGateway


@get("/sandbox/pay/{reference:str}", guards=[PUBLIC])
async def sandbox_page(
    request: AnyRequest, reference: FromPath[str], gateways: NamedDependency[Gateways]
) -> Response[str]:
    """The charge, and the buttons of a practice bank."""
    charge = await _sandbox(gateways).read(reference)
    return page(request, "buyer/sandbox.html", {"charge": charge, "is_open": charge.state is GatewayState.OPEN})


@post("/sandbox/pay/{reference:str}", guards=[PUBLIC], status_code=303)
async def sandbox_decides(
    reference: FromPath[str], data: FormBody, gateways: NamedDependency[Gateways]
) -> Redirect:
    """The payer pays, lets the bank refuse, or leaves; then back to the platform."""
    sandbox = _sandbox(gateways)
    charge = await sandbox.read(reference)
    match data.get("decision"):
        case "pay":
            await sandbox.pay(charge)
        case "refuse":
            await sandbox.refuse(charge)
    return go_to(f"/cashier/{charge.shop_id}/{charge.subject}/return")


def _sandbox(gateways: Gateways) -> SandboxGateway:
    if not gateways.sandbox_is_offered:
        raise NotFound
    return gateways.sandbox
