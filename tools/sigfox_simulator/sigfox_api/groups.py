"""Groups, and the contracts that they have."""

from sigfox_simulator.sigfox_api.paging import is_set, listed, sorted_as_asked
from sigfox_simulator.sigfox_api.requests import Json, Request
from sigfox_simulator.sigfox_api.routing import route
from sigfox_simulator.sigfox_api.state import SigfoxState, found


@route("GET", "/groups/")
def list_groups(state: SigfoxState, request: Request) -> Json:
    parents, deep = set(listed(request, "parentIds")), is_set(request, "deep")
    groups = [
        group
        for group in state.groups.values()
        if not parents or parents & {above["id"] for above in group["path"][0 if deep else -1 :]}
    ]
    return state.pages.cut(sorted_as_asked(groups, request), request)


@route("GET", "/groups/{id}")
def show_group(state: SigfoxState, _request: Request, group_id: str) -> Json:
    return found(state.groups, group_id, "Group")


@route("GET", "/contract-infos/")
def list_contracts(state: SigfoxState, request: Request) -> Json:
    group_id = request.query.get("groupId")
    if group_id is None:
        wanted = set(state.groups)
    else:
        group = found(state.groups, group_id, "Group")
        wanted = state.groups_within([group_id], deep=is_set(request, "deep"))
        wanted |= {above["id"] for above in group["path"]} if is_set(request, "up") else set()
    contracts = [each for each in state.contracts.values() if each["group"]["id"] in wanted]
    return state.pages.cut(contracts, request)


@route("GET", "/contract-infos/{id}")
def show_contract(state: SigfoxState, _request: Request, contract_id: str) -> Json:
    return found(state.contracts, contract_id, "Contract")
