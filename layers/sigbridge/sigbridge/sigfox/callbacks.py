"""What tells Sigfox's callbacks apart, and from those of others: names of fields, as they are compared."""

from collections.abc import Mapping

from sigbridge.model.service import Service
from sigbridge.sigfox.facts import ADVANCED_FACTS, COMPUTED_LOCATION, RECEPTION_FACTS

# What the path of DATA_ADVANCED ends with. It is about a message, and so is none of the services.
DATA_ADVANCED = "data-advanced"

PAYLOAD_NAMES = frozenset(("data", "ulpayload"))
PAYLOAD_DIGITS = 24
# Names that only Sigfox has.
SIGFOX_NAMES = frozenset(
    ("devicetypeid", "avgsnr", "avgsignal", "longpolling", "lqi", "linkquality", "computedlocation")
)
# Names that no other callback has. Those of one set must all be there.
MARKS: Mapping[Service, tuple[frozenset[str], ...]] = {
    Service.ACKNOWLEDGE: (frozenset({"infocode"}),),
    Service.EVENT: (frozenset({"eventtype"}), frozenset({"severity", "sourceid"})),
    Service.ERROR: (frozenset({"severity", "info"}),),
    Service.GEOLOC: (frozenset({"geolocsource"}), frozenset({"lat", "lng", "radius"})),
    Service.REPEATER: (
        frozenset({"repeatedmsg"}),
        frozenset({"whitelistdevices"}),
        frozenset({"unwanteddevices"}),
    ),
    Service.STATUS: (frozenset({"batt", "temp"}),),
}
# Others than Sigfox have fields of these names too: they count only where nothing else is said, and where the
# device is named as in Sigfox's templates.
DEVICE_NAMES = frozenset({"device", "deviceid", "epid", "id"})
STATUS_NAMES = frozenset({"batt", "temp", *RECEPTION_FACTS})
ERROR_NAMES = frozenset({"severity", "info", *RECEPTION_FACTS})
ADVANCED_NAMES = frozenset({COMPUTED_LOCATION, *ADVANCED_FACTS})
