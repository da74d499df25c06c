"""Coverage of places, and what devices consumed."""

from datetime import UTC, datetime

from sigfox_simulator.sigfox_api.requests import Answer, Json, Refused, Request, bad_field, not_found
from sigfox_simulator.sigfox_api.routing import route
from sigfox_simulator.sigfox_api.state import DAY_MS, Job, Message, SigfoxState

# Margins of link budget in dB, for one, two and three base stations.
_MARGINS = [24, 17, 9]


@route("GET", "/coverages/global/predictions")
def predict(_state: SigfoxState, request: Request) -> Json:
    return _prediction(_number(request, "lat"), _number(request, "lng"))


@route("POST", "/coverages/global/predictions")
def predict_some(_state: SigfoxState, request: Request) -> Json:
    return {"data": _predictions(request)}


@route("POST", "/coverages/global/predictions/bulk")
def start_predicting(state: SigfoxState, request: Request) -> Answer:
    predictions = _predictions(request)
    job_id = state.new_id()
    state.jobs[job_id] = Job("coverage", len(predictions), lambda: predictions, state.job_polls)
    return Answer(201, {"jobId": job_id})


@route("GET", "/coverages/global/predictions/bulk/{jobId}")
def show_predictions(state: SigfoxState, _request: Request, job_id: str) -> Json:
    job = state.jobs.get(job_id)
    if job is None or job.kind != "coverage":
        raise not_found("Job")
    job.polls_left -= 1
    if job.polls_left > 0:
        return {"jobDone": False, "time": state.now_ms()}
    return {"jobDone": True, "time": state.now_ms(), "results": job.carry_out()}


@route("GET", "/coverages/operators/redundancy")
def show_redundancy(_state: SigfoxState, request: Request) -> Json:
    covered = _prediction(_number(request, "lat"), _number(request, "lng"))["locationCovered"]
    return {"redundancy": 3 if covered else 0}


@route("GET", "/devices/{id}/messages/metric")
def count_messages(state: SigfoxState, _request: Request, device_id: str) -> Json:
    now_ms = state.now_ms()
    ages = [now_ms - each.time_ms for each in _messages(state, device_id)]
    days = {"lastDay": 1, "lastWeek": 7, "lastMonth": 30}
    return {name: sum(age <= length * DAY_MS for age in ages) for name, length in days.items()}


@route("GET", "/devices/{id}/consumption/{year}")
def show_consumption_of_year(state: SigfoxState, _request: Request, device_id: str, year: str) -> Json:
    days = [_frames(state, device_id, f"{year}-{month:02d}") for month in range(1, 13)]
    return {"id": int(state.device(device_id)["id"], 16), "deviceConsumptions": days}


@route("GET", "/devices/{id}/consumption/{year}/{month}")
def show_consumption(state: SigfoxState, _request: Request, device_id: str, year: str, month: str) -> Json:
    days = [_frames(state, device_id, f"{year}-{int(month):02d}-{day:02d}") for day in range(1, 32)]
    return {"id": int(state.device(device_id)["id"], 16), "deviceConsumptions": days}


def _messages(state: SigfoxState, device_id: str) -> list[Message]:
    id_ = state.device(device_id)["id"]
    return [each for each in state.messages if each.device_id == id_]


def _frames(state: SigfoxState, device_id: str, when: str) -> Json:
    messages = [
        each
        for each in _messages(state, device_id)
        if datetime.fromtimestamp(each.time_ms / 1000, UTC).isoformat().startswith(when)
    ]
    downlinks = sum(each.shown["ackRequired"] for each in messages)
    return {
        "frameCount": len(messages),
        "downlinkFrameCount": downlinks,
        "roamingFrameCount": 0,
        "roamingDownlinkFrameCount": 0,
    }


def _predictions(request: Request) -> list[Json]:
    places = request.body.get("locations") if isinstance(request.body, dict) else None
    if not places:
        raise bad_field("locations", "is required")
    return [
        {"lat": place["lat"], "lng": place["lng"], **_prediction(place["lat"], place["lng"])}
        for place in places
    ]


def _prediction(lat: float, lng: float) -> Json:
    """Return a prediction: the northern hemisphere between the meridians 20° west and 60° east is covered."""
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise Refused(400, "Invalid request")
    is_covered = lat > 0 and -20 <= lng <= 60
    return {"locationCovered": is_covered, "margins": _MARGINS if is_covered else [0, 0, 0]}


def _number(request: Request, name: str) -> float:
    try:
        return float(request.query[name])
    except (KeyError, ValueError) as failure:
        raise bad_field(name, "must be a number") from failure
