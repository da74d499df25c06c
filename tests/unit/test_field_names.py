"""Where senders write the fields: the mapping of a key's Additional Parameter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.field_mapping import Field, FieldMapping, InvalidMapping, plain
from sigbridge.model.field_names import COMMON_NAMES

names = st.text(
    alphabet=st.characters(blacklist_characters=";=.", blacklist_categories=["Cs"]), min_size=1
).filter(lambda name: name == name.strip())
paths = st.lists(names, min_size=1, max_size=3).map(tuple)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", {}),
        (" ; ", {}),
        ("serial=devaddr", {Field.SERIAL: ("devaddr",)}),
        (
            "serial=devaddr;payload=payload_raw;port=fport",
            {Field.SERIAL: ("devaddr",), Field.PAYLOAD: ("payload_raw",), Field.PORT: ("fport",)},
        ),
        ("serial=deviceInfo.serial;", {Field.SERIAL: ("deviceInfo", "serial")}),
        (" serial = a ; time = b.c.d ", {Field.SERIAL: ("a",), Field.TIME: ("b", "c", "d")}),
        ("seq_number=n;ACK=a", {Field.SEQ_NUMBER: ("n",), Field.ACK: ("a",)}),
    ],
)
def test_a_mapping_names_the_path_of_each_field(text: str, paths: dict[Field, tuple[str, ...]]) -> None:
    assert FieldMapping.parse(text).paths == paths


@pytest.mark.parametrize(
    "text",
    [
        "serial",
        "serial=",
        "=devaddr",
        "colour=blue",
        "serial=a;serial=b",
        "serial=a..b",
        "serial=.a",
        "serial:a",
    ],
)
def test_another_mapping_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(InvalidMapping, match="is not one of serial, payload, port"):
        FieldMapping.parse(text)


@given(st.dictionaries(st.sampled_from(Field), paths))
def test_a_mapping_is_read_as_it_was_written(mapped: dict[Field, tuple[str, ...]]) -> None:
    text = ";".join(f"{field}={'.'.join(path)}" for field, path in mapped.items())

    assert FieldMapping.parse(text).paths == mapped


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        mapping = FieldMapping.parse(text)
    except InvalidMapping:
        return
    assert all(mapping.paths.values())


def test_no_common_name_means_two_fields() -> None:
    common = [name for field in COMMON_NAMES.values() for name in field]

    assert len(common) == len(set(common))
    assert [plain(name) for name in common] == common


@pytest.mark.parametrize("name", ["dev_eui", "devEUI", "DevEui", "dev-eui", "DEVEUI"])
def test_names_are_compared_without_case_and_separators(name: str) -> None:
    assert plain(name) == "deveui"
