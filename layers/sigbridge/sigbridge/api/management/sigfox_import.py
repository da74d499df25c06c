"""What Sigfox has: its device types and devices imported, its contracts, what it knows of a device."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import DevicesReader, SigfoxImporter, SigfoxWriter
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.messages import DeviceInPath
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import NOT_CONNECTED, REFUSED
from sigbridge.api.management.sigfox_device_models import (
    SigfoxContractListResponse,
    SigfoxContractResponse,
    SigfoxDeviceResponse,
)
from sigbridge.clock import now_ms
from sigbridge.credentials import Right
from sigbridge.jobs import TooManyJobs
from sigbridge.provisioning.device_types import contract_of, list_contracts
from sigbridge.provisioning.importing import order_import
from sigbridge.provisioning.known_devices import NeverImported, find_known, refresh_known

routes = new_routes()


@routes.post("/v1/sigfox/import", summary="Import from Sigfox", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def import_sigfox(key: SigfoxImporter) -> tuple[JobResponse, int]:
    """Import all device types and devices of the group, as a job; one that has not ended is shown instead.

    Those that are new here are listed. Names, types and quotas that you chose stay, and nothing is deleted.
    """
    return JobResponse.of(order_import(key.application_id)), 202


@routes.get("/v1/sigfox/contracts", summary="List Sigfox's contracts", tags=["sigfox"])
@refuses(NOT_CONNECTED, REFUSED)
def list_sigfox_contracts(key: SigfoxWriter) -> SigfoxContractListResponse:
    """Contracts of the group, and of those above and below it, as Sigfox has them now."""
    moment = now_ms()
    return SigfoxContractListResponse(
        contracts=[SigfoxContractResponse.of(each, moment) for each in list_contracts(key.application_id)]
    )


@routes.get("/v1/devices/<device_id>/sigfox", summary="Show what Sigfox knows of a device", tags=["sigfox"])
@refuses(NeverImported("1A2B45"), REFUSED)
def get_sigfox_device(
    key: DevicesReader,
    device_id: DeviceInPath,
    refresh: Annotated[bool, Query(description="Ask Sigfox now; needs `sigfox:write`")] = False,
) -> SigfoxDeviceResponse:
    """What Sigfox knew of a device at the last import, or when it was asked last.

    The PAC is shown to who has `sigfox:write`: with it a device can be taken over.
    """
    if refresh:
        key.require(Right.SIGFOX_WRITE)
        known = refresh_known(key.application_id, device_id)
    else:
        known = find_known(key.application_id, device_id)
    response = SigfoxDeviceResponse.of(known, contract_of(key.application_id, known))
    return response if Right.SIGFOX_WRITE in key.rights else response.without_pac()
