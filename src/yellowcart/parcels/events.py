"""What happened to parcels, as the outbox tells it."""

from datetime import datetime

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.orders.model import OrderState
from yellowcart.parcels.model import ShipmentId, ShipmentPurpose, ShipmentState


class OrderShipped(Event, frozen=True, tag="order.shipped"):
    """The merchant gave a parcel of it to a carrier; `order_state` says whether that was the last one."""

    shop_id: ShopId
    order_id: OrderId
    shipment_id: ShipmentId
    order_state: OrderState
    carrier: str
    waybill: str


class ParcelMoved(Event, frozen=True, tag="parcel.moved"):
    """A carrier told that a parcel is farther, or in trouble. `happened_at` is the carrier's own time."""

    shop_id: ShopId
    shipment_id: ShipmentId
    order_id: OrderId | None
    purpose: ShipmentPurpose
    subject: str
    carrier: str
    waybill: str
    before: ShipmentState
    after: ShipmentState
    happened_at: datetime
