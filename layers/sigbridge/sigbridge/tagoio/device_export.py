"""TagoIO's table of devices: which of its columns say something here, by their names in lower case.

TagoIO documents no form of it. The names are those of a device's fields (tagoio reference, 7), with
underscores or spaces.
"""

# The device's id as its callbacks name it. Beside one of these `id` is TagoIO's own, and `network` and
# `type` are TagoIO's words.
SERIAL_COLUMNS = ("serial", "serial_number", "serie_number")

# What TagoIO calls by another name than Sigbridge does.
RENAMED_COLUMNS = {"configuration_params": "parameters", "params": "parameters"}

# What means nothing here, or is another thing here.
LEFT_OUT_COLUMNS = frozenset(
    {
        "bucket",
        "chunk_period",
        "chunk_retention",
        "connector",
        "connector_parse",
        "created_at",
        "description",
        "id",
        "inspected_at",
        "last_input",
        "last_output",
        "network",
        "parse_function",
        "profile",
        "rpm",
        "token",
        "tokens",
        "type",
        "updated_at",
        "visible",
    }
)


def column_name(header: str) -> str:
    """Return the name of a column as it is compared: `Serie Number` is `serie_number`."""
    return "_".join(header.lower().split())
