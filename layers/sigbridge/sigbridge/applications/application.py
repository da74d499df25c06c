"""Applications: created, found, and their settings changed."""

from typing import TypedDict

from sigbridge.clock import now_ms
from sigbridge.errors import SigbridgeError
from sigbridge.model.application import IDENTIFIER_LENGTH, Application, is_identifier
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices
from sigbridge.settings import settings
from sigbridge.store import applications as stored_applications
from sigbridge.store.applications import ApplicationBeingErased, ApplicationTaken, NoSuchApplication

_DAY_SECONDS = 86_400


class InvalidApplicationId(SigbridgeError):
    """The identifier breaks The Things Stack's rule."""


class ApplicationExists(SigbridgeError):
    """There is an application of that identifier already."""


class UnknownApplication(SigbridgeError):
    """There is no application of that identifier."""


def create_application(application_id: str, name: str = "") -> Application:
    """Create an application with default settings.

    Raises:
        InvalidApplicationId: The identifier breaks the rule.
        ApplicationExists: It is taken, or was until just now.
    """
    if not is_identifier(application_id):
        message = (
            f"'{application_id}' is no application id: 3 to {IDENTIFIER_LENGTH} lower-case letters"
            " and digits, with single hyphens between them"
        )
        raise InvalidApplicationId(message)
    application = Application(id=application_id, name=name or application_id, created_at=now_ms())
    try:
        stored_applications.add(application)
    except ApplicationTaken as taken:
        message = f"Application '{application_id}' exists already"
        raise ApplicationExists(message) from taken
    except ApplicationBeingErased as erased:
        message = (
            f"Application '{application_id}' was deleted and is still being erased, which takes minutes:"
            " wait, or choose another id"
        )
        raise ApplicationExists(message) from erased
    return application


def list_applications() -> list[Application]:
    """Read all applications, in the order of their ids."""
    return stored_applications.find_all()


def find_application(application_id: str) -> Application:
    """Read an application.

    Raises:
        UnknownApplication: There is none of that identifier.
    """
    application = stored_applications.find(application_id)
    if application is None:
        raise unknown_application(application_id)
    return application


def kept_until(application: Application, moment_ms: int) -> int:
    """Return when what came at a moment (epoch ms) is forgotten, epoch seconds."""
    return moment_ms // 1000 + _days_kept(application) * _DAY_SECONDS


def kept_since(application: Application, now_ms: int) -> int:
    """Return since when nothing that came is forgotten, epoch ms."""
    return now_ms - _days_kept(application) * _DAY_SECONDS * 1000


def _days_kept(application: Application) -> int:
    return settings().retention_days if application.retention_days is None else application.retention_days


class SettingsChange(TypedDict, total=False):
    """Settings of an application to change, as in `Application`; one that is left out stays as it is."""

    name: str
    unknown_devices: UnknownDevices
    payload_encoding: PayloadEncoding
    daily_downlinks: int
    downlink_quota: DownlinkQuota
    retention_days: int | None


def change_application(application_id: str, change: SettingsChange) -> Application:
    """Change those settings that are given; running functions follow within a minute.

    Raises:
        UnknownApplication: There is none of that identifier.
    """
    if change:
        try:
            stored_applications.change(application_id, change)
        except NoSuchApplication as missing:
            raise unknown_application(application_id) from missing
    return find_application(application_id)


def unknown_application(application_id: str) -> UnknownApplication:
    """Make the error that tells of an application that does not exist."""
    return UnknownApplication(f"There is no application '{application_id}'")
