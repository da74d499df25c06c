"""What is done to many devices at once, as jobs that are asked for until they are done."""

from collections.abc import Callable, Sequence
from functools import partial

from sigfox_simulator.sigfox_api.devices import change, why_not_created
from sigfox_simulator.sigfox_api.requests import Answer, Json, Refused, Request, bad_field, not_found
from sigfox_simulator.sigfox_api.routing import route
from sigfox_simulator.sigfox_api.state import DAY_MS, Job, SigfoxState, found, padded_id

_ENTITY = 0
_SUSPENDED, _OK = 6, 0

type OneByOne = Callable[[Json], None]


@route("POST", "/devices/bulk")
def create_devices(state: SigfoxState, request: Request) -> Json:
    body = _body(request)
    type_id = _device_type(state, body)

    def create(entry: Json) -> None:
        if refusal := why_not_created(state, entry["id"], entry.get("pac")):
            raise refusal
        name = f"{body.get('prefix', '')}{entry.get('name') or padded_id(entry['id'])}"
        device = state.add_device(type_id, entry["id"], entry["pac"], name)
        options = {each: value for each, value in entry.items() if each not in {"id", "pac", "name"}}
        change(state, device, options)

    return _started(state, "devices", body["data"], create)


@route("PUT", "/devices/bulk")
def change_devices(state: SigfoxState, request: Request) -> Answer:
    body = _body(request)

    def change_one(entry: Json) -> None:
        change(state, state.device(entry["id"]), {name: entry[name] for name in entry.keys() - {"id"}})

    return Answer(201, _started(state, "devices", body["data"], change_one))


@route("POST", "/devices/bulk/transfer")
def transfer_devices(state: SigfoxState, request: Request) -> Json:
    body = _body(request)
    device_type = state.device_types[_device_type(state, body)]

    def transfer(entry: Json) -> None:
        device = state.device(entry["id"])
        if not entry.get("keepHistory", False):
            state.messages[:] = [each for each in state.messages if each.device_id != device["id"]]
        state.move_device(device, device_type)
        device["activable"] = entry.get("activable", device["activable"])

    return _started(state, "devices", body["data"], transfer)


@route("POST", "/devices/bulk/replace")
def replace_devices(state: SigfoxState, request: Request) -> Json:
    pairs = _body(request)["data"]

    def replace(pair: Json) -> None:
        old, new = state.device(pair["deviceId"]), state.device(pair["targetDeviceId"])
        new |= {"name": old["name"]}
        state.move_device(new, state.device_types[old["deviceType"]["id"]])
        state.release_token(old)

    errors = _one_by_one([{"id": pair["deviceId"], **pair} for pair in pairs], replace)
    return {"total": len(pairs), "status": {"success": len(pairs) - len(errors), "errors": errors}}


@route("POST", "/devices/bulk/restart")
def restart_devices(state: SigfoxState, request: Request) -> Answer:
    return _action(state, "restart", request, partial(_restart, state))


@route("POST", "/devices/bulk/suspend")
def suspend_devices(state: SigfoxState, request: Request) -> Answer:
    return _action(state, "suspend", request, lambda device: device.update(state=_SUSPENDED))


@route("POST", "/devices/bulk/resume")
def resume_devices(state: SigfoxState, request: Request) -> Answer:
    def resume(device: Json) -> None:
        if device["state"] != _SUSPENDED:
            raise Refused(400, f"Device {device['id']} is not suspended")
        device["state"] = _OK

    return _action(state, "resume", request, resume)


@route("POST", "/devices/bulk/unsubscribe")
def unsubscribe_devices(state: SigfoxState, request: Request) -> Answer:
    entries = _body(request)["data"]

    def unsubscribe(entry: Json) -> None:
        state.device(entry["id"])["unsubscriptionTime"] = entry["unsubscriptionTime"]

    return Answer(201, {"jobId": _started(state, "unsubscribe", entries, unsubscribe)["jobId"]})


@route("GET", "/devices/bulk/{jobId}")
def show_job(state: SigfoxState, _request: Request, job_id: str) -> Json:
    job = _polled(state, "devices", job_id)
    errors = job.errors or []
    success = 0 if job.errors is None else job.total - len(errors)
    status = {"success": success, "errors": errors}
    return {"jobDone": job.errors is not None, "total": job.total, "status": status}


@route("GET", "/devices/bulk/{action}/{jobId}")
def show_action(state: SigfoxState, _request: Request, action: str, job_id: str) -> Json:
    job = _polled(state, action, job_id)
    errors = job.errors or []
    done = 0 if job.errors is None else job.total - len(errors)
    status = {"total": job.total, "nbSuccess": done, "nbErrors": len(errors), "errors": errors}
    return {"jobDone": job.errors is not None, "status": status}


def _restart(state: SigfoxState, device: Json) -> None:
    device["state"] = _OK
    device["token"] |= {"state": 0, "detailMessage": "Ok", "end": state.now_ms() + 365 * DAY_MS}
    device.pop("unsubscriptionTime", None)


def _action(state: SigfoxState, kind: str, request: Request, act: OneByOne) -> Answer:
    entries = [{"id": id_} for id_ in _body(request)["data"]]
    started = _started(state, kind, entries, lambda entry: act(state.device(entry["id"])))
    return Answer(201, {"jobId": started["jobId"]})


def _body(request: Request) -> Json:
    body = request.body
    if not isinstance(body, dict) or not body.get("data"):
        raise bad_field("data", "is required")
    return body


def _device_type(state: SigfoxState, body: Json) -> str:
    id_ = body.get("deviceTypeId")
    if not id_:
        raise bad_field("deviceTypeId", "is required")
    return str(found(state.device_types, id_, "Device type")["id"])


def _started(state: SigfoxState, kind: str, entries: Sequence[Json], act: OneByOne) -> Json:
    job_id = state.new_id()
    state.jobs[job_id] = Job(kind, len(entries), partial(_one_by_one, entries, act), state.job_polls)
    return {"total": len(entries), "jobId": job_id}


def _one_by_one(entries: Sequence[Json], act: OneByOne) -> list[Json]:
    errors = []
    for entry in entries:
        try:
            act(entry)
        except Refused as refused:
            body = refused.answer.body
            reason = body["errors"][0]["message"] if "errors" in body else body["message"]
            errors.append({"entity": padded_id(entry["id"]), "message": reason, "type": _ENTITY})
    return errors


def _polled(state: SigfoxState, kind: str, job_id: str) -> Job:
    job = state.jobs.get(job_id)
    if job is None or job.kind != kind:
        raise not_found("Job")
    job.polls_left -= 1
    if job.polls_left <= 0 and job.errors is None:
        job.errors = job.carry_out()
    return job
