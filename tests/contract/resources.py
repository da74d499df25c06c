"""Things that exist, so that requests find them: what is made up names nothing, most of the time."""

import zlib
from collections.abc import Callable, Mapping

import httpx
from schemathesis import Case

DEVICE = "1A2B45"
DEVICE_TYPE = "tracker"
_ONE_IS_LEFT_AS_IT_IS = 4
_KNOWN_PARAMETER = "interval"
_CALLBACKS = ("/uplink", "/downlink", "/sigfox")
# Of these most made-up values are no moments, cursors or types.
_KNOWN_QUERY = {"start_date": "1 day", "cursor": None, "end_date": None, "pattern": None, "tag": "site"}


class Resources:
    """One resource of each kind in an application; what was deleted is made anew."""

    def __init__(self, api: httpx.Client, application_id: str) -> None:
        """Makes them.

        Args:
            api: A client that shows a key with all rights.
            application_id: The application of that key.
        """
        self._api = api
        self._application_id = application_id
        self._makers: Mapping[str, Callable[[], str]] = {
            "application_id": lambda: application_id,
            "webhook_id": lambda: "my-hook",
            "service": lambda: "status",
            "type_id": self._make_device_type,
            "device_id": self._make_device,
            "key": self._make_parameter,
            "downlink_id": self._make_downlink,
            "key_id": self._make_key,
        }
        self._known = {name: make() for name, make in self._makers.items()}
        self._deleted: set[str] = set()

    def aim(self, case: Case) -> None:
        """Makes three requests of four name things that exist, and leaves the others as they are."""
        made_up = repr((case.path_parameters, case.query, case.body))
        if zlib.crc32(made_up.encode()) % _ONE_IS_LEFT_AS_IT_IS == 0:
            return
        names = [name for name in case.path_parameters or {} if name in self._makers]
        for name in names:
            case.path_parameters[name] = self._present(name, case.path)
        if case.method == "DELETE" and names:
            self._deleted |= {names[-1]} if names[-1] != "device_id" else {"device_id", "key", "downlink_id"}
        for name, value in _KNOWN_QUERY.items():
            if name in (case.query or {}):
                case.query.pop(name) if value is None else case.query.update({name: value})
        if isinstance(case.body, dict):
            self._aim_body(case.body, case.path)

    def _aim_body(self, body: dict[str, object], path: str) -> None:
        if path.startswith(_CALLBACKS):
            body["device"] = DEVICE
        elif path.endswith("/data") and "variable" in body:
            body["variable"] = "temperature"
            body.pop("time", None)
        elif path.startswith("/v1/devices") and "type" in body:
            body["type"] = self._present("type_id", path)

    def _present(self, name: str, path: str) -> str:
        if name in self._deleted:
            self._known[name] = self._makers[name]()
            self._deleted.remove(name)
        # The Things Stack's identifiers are lower case.
        return self._known[name].lower() if path.startswith("/api/v3") else self._known[name]

    def _make_device_type(self) -> str:
        self._api.post("/v1/device-types", json={"id": DEVICE_TYPE})
        return DEVICE_TYPE

    def _make_device(self) -> str:
        self._api.post("/v1/devices", json={"id": DEVICE})
        return DEVICE

    def _make_parameter(self) -> str:
        self._api.put(f"/v1/devices/{DEVICE}/parameters/{_KNOWN_PARAMETER}", json={"value": "60"})
        return _KNOWN_PARAMETER

    def _make_downlink(self) -> str:
        path = f"/api/v3/as/applications/{self._application_id}/devices/{DEVICE.lower()}/down/push"
        answer = self._api.post(path, json={"downlinks": [{"frm_payload": "AQIDBAUGBwg="}]})
        return answer.headers["X-Downlink-Ids"]

    def _make_key(self) -> str:
        answer = self._api.post("/v1/keys", json={"name": "spare", "rights": ["devices:read"]})
        key_id: str = answer.json()["id"]
        return key_id
