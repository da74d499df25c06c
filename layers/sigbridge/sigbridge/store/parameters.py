"""Parameters of a device, one item each; the device's entry in its application's list counts them.

The one that is named `downlinkData` is in the device's state too, where the answer to a callback finds it.
Both are written together, so that they never disagree.
"""

from dataclasses import asdict

from sigbridge.model.parameter import DOWNLINK_DATA, Parameter
from sigbridge.store import device_states, table, transactions
from sigbridge.store.counting import increment, one_less
from sigbridge.store.device_states import NoSuchDevice
from sigbridge.store.devices import device_key
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.rows import Deletion, Key, NewItem, Record, Span, Update

_PARAMETER = "PARAM#"
_PAGE = 100


class NoSuchParameter(Exception):
    """The device has no parameter of that key."""


class ParameterExists(Exception):
    """The device has a parameter of that key."""


class TooMany(Exception):
    """The device has as many parameters as it may have."""


def of_device(application_id: str, device_id: str) -> list[Parameter]:
    """Read the parameters of a device, in the order of their keys, as the last finished writes left them."""
    span = Span(f"DEVICE#{application_id}#{device_id}", _PARAMETER, f"{_PARAMETER}~")
    return [_parameter(record) for record in table.newest_first(span, _PAGE)][::-1]


def creation(application_id: str, device_id: str, parameter: Parameter) -> Update:
    """The change that makes a parameter of a new device, for a write that lists the device."""
    values = asdict(parameter)
    return Update(
        key=_key(application_id, device_id, parameter.key),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        condition="",
        names={f"#{name}": name for name in values},
        values={f":{name}": value for name, value in values.items()},
    )


def add(application_id: str, device_id: str, parameter: Parameter, most: int) -> None:
    """Store a new parameter of a device that has fewer than so many.

    Raises:
        ParameterExists: The device has a parameter of that key.
        TooMany: It has that many parameters.
        NoSuchDevice: It is not listed.
    """
    try:
        transactions.transact(
            NewItem(_key(application_id, device_id, parameter.key), asdict(parameter)),
            increment(device_key(application_id, device_id), "parameters", most),
            *_state(application_id, device_id, parameter.key, parameter.value),
        )
    except TransactionFailed as none:
        if 0 in none.refused:
            raise ParameterExists from none
        if none.refused.get(1) is not None:
            raise TooMany from none
        raise NoSuchDevice from none


def change(application_id: str, device_id: str, parameter: Parameter) -> None:
    """Give a parameter another value.

    Raises:
        NoSuchParameter: The device has none of that key.
        NoSuchDevice: It is not registered.
    """
    change = Update(
        key=_key(application_id, device_id, parameter.key),
        expression="SET #value = :value, #sent = :sent, updated_at = :updated_at",
        condition="attribute_exists(pk)",
        names={"#value": "value", "#sent": "sent"},
        values={
            ":value": parameter.value,
            ":sent": parameter.sent,
            ":updated_at": parameter.updated_at,
        },
    )
    state = _state(application_id, device_id, parameter.key, parameter.value)
    if state:
        _together(change, *state)
        return
    try:
        table.update(change)
    except ConditionFailed as failed:
        raise NoSuchParameter from failed


def remove(application_id: str, device_id: str, key: str) -> None:
    """Delete a parameter of a device.

    Raises:
        NoSuchParameter: The device has none of that key.
        NoSuchDevice: It is not listed.
    """
    _together(
        Deletion(_key(application_id, device_id, key)),
        one_less(device_key(application_id, device_id), "parameters"),
        *_state(application_id, device_id, key, ""),
    )


def _together(change: Update | Deletion, *others: Update) -> None:
    try:
        transactions.transact(change, *others)
    except TransactionFailed as none:
        raise (NoSuchParameter if 0 in none.refused else NoSuchDevice) from none


def _state(application_id: str, device_id: str, key: str, value: str) -> list[Update]:
    if key != DOWNLINK_DATA:
        return []
    return [device_states.setting_downlink_data(application_id, device_id, value)]


def _key(application_id: str, device_id: str, key: str) -> Key:
    return Key(f"DEVICE#{application_id}#{device_id}", f"{_PARAMETER}{key}")


def _parameter(record: Record) -> Parameter:
    return Parameter(
        key=record["key"],
        value=record["value"],
        sent=record["sent"],
        updated_at=int(record["updated_at"]),
    )
