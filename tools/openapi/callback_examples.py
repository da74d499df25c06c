"""What senders write, as examples of the routes that they call (`events/`)."""

from collections.abc import Mapping

from openapi.examples import example_body
from openapi.fragments import EXAMPLE_DEVICE, OTHER_EXAMPLE_DEVICE, Json
from sigbridge.reports import Service
from sigbridge.sigfox.callbacks import DATA_ADVANCED

UPLINK: Json = example_body("uplink")
BIDIR: Json = example_body("bidir_downlink")
BIDIR_TAGOIO = example_body("bidir_downlink_tagoio")
MESSAGES: Mapping[str, object] = {
    "sigfox": UPLINK,
    "generic": example_body("uplink_generic"),
    "several": example_body("uplink_generic_array"),
    "tagoio": example_body("uplink_tagoio"),
}
LINES = {"batch": f"{EXAMPLE_DEVICE};1763770827;b0513801;1508\n{OTHER_EXAMPLE_DEVICE};1763770827;3794a018;2"}
REPORTS: Mapping[str, Json] = {
    service.replace("-", "_"): example_body(f"sigfox_{service.replace('-', '_')}")
    for service in (*map(str, Service), DATA_ADVANCED)
}
