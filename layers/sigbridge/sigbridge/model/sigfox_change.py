"""What can be changed of devices in Sigfox."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self


class DeviceChange(StrEnum):
    """What is done with devices in Sigfox.

    REGISTER: They become devices of a device type; those of another type are transferred.
    EDIT: Their names, places, or what becomes of their subscriptions are changed.
    TRANSFER: They become devices of another device type, and keep their history.
    SUSPEND, RESUME: They may not communicate for a while.
    UNSUBSCRIBE: Their subscriptions end at a moment.
    RESTART: They begin anew, as devices that were never heard.
    """

    REGISTER = "register"
    EDIT = "edit"
    TRANSFER = "transfer"
    SUSPEND = "suspend"
    RESUME = "resume"
    UNSUBSCRIBE = "unsubscribe"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class DeviceWish:
    """What a device is to be in Sigfox; what is None stays as it is there, or as Sigfox makes it.

    Attributes:
        id: Its id.
        pac: Its porting authorization code, which Sigfox asks for to register it.
        name: Its name, at most 100 characters.
        lat, lng: Where it is, in degrees; both or neither.
        automatic_renewal: Whether its subscription is renewed when it ends.
        activable: Whether it may begin a subscription.
    """

    id: str
    pac: str | None = None
    name: str | None = None
    lat: float | None = None
    lng: float | None = None
    automatic_renewal: bool | None = None
    activable: bool | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read the row of a job."""
        return cls(**row)

    def as_row(self) -> Mapping[str, Any]:
        """Return the row of a job."""
        return {"id": self.id, **self.wanted()}

    def wanted(self) -> Mapping[str, Any]:
        """Return what is to be changed of the device, by the names of these attributes."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "id"}
        return {name: value for name, value in values.items() if value is not None}

    def later(self, other: "DeviceWish") -> "DeviceWish":
        """Return what is wanted when another wish for the same device comes after this one."""
        return DeviceWish(**{**self.as_row(), **other.as_row()})


@dataclass(frozen=True, slots=True)
class SigfoxOrder:
    """What is to be done with devices.

    Attributes:
        change: That.
        device_type_id: Which device type they are to have, where they get one.
        unsubscribed_at: When their subscriptions are to end, where they do, epoch ms.
        singly: Whether each is changed by a request of its own, however many they are.
    """

    change: DeviceChange
    device_type_id: str | None = None
    unsubscribed_at: int | None = None
    singly: bool = False

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """Read the arguments of a job."""
        ends_at = arguments.get("unsubscribed_at")
        return cls(
            DeviceChange(arguments["change"]),
            arguments.get("device_type_id"),
            None if ends_at is None else int(ends_at),
            arguments.get("singly", False),
        )

    def as_arguments(self) -> Mapping[str, Any]:
        """Return the arguments of a job."""
        return {
            "change": self.change.value,
            "device_type_id": self.device_type_id,
            "unsubscribed_at": self.unsubscribed_at,
            "singly": self.singly,
        }


def ids_of(wishes: Iterable[DeviceWish]) -> list[str]:
    """Return the ids of devices."""
    return [wish.id for wish in wishes]
