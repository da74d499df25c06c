"""How a device's id is normalised."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.devices import DeviceFilter, UnknownDevice, act_on_addressed
from sigbridge.model.device import Device
from sigbridge.model.device_id import (
    InvalidDeviceId,
    is_sigfox_id,
    normalize_device_id,
    normalize_id_prefix,
    sigfox_device_id,
)

sigfox_ids = st.integers(0, 0xFFFFFFFF).map("{:X}".format)
device_ids = st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._", min_size=1, max_size=64)
separators = st.text(alphabet="-: ", max_size=3)


@pytest.mark.parametrize(
    ("text", "device_id", "of_sigfox"),
    [
        ("1A2B45", "1A2B45", "1A2B45"),
        ("1a2b45", "1A2B45", "1A2B45"),
        ("00A2", "00A2", "A2"),
        ("00a2", "00A2", "A2"),
        ("0", "0", "0"),
        ("00000000", "00000000", "0"),
        ("000000001", "000000001", "000000001"),
        ("AA-BB-01-CC-02", "AABB01CC02", "AABB01CC02"),
        ("aa:bb:01:cc:02", "AABB01CC02", "AABB01CC02"),
        (" 1A 2B ", "1A2B", "1A2B"),
        ("0004A30B001C0530", "0004A30B001C0530", "0004A30B001C0530"),
        ("00sensor", "00SENSOR", "00SENSOR"),
        ("sensor_1.a", "SENSOR_1.A", "SENSOR_1.A"),
    ],
)
def test_a_device_has_one_id_however_it_is_spelt(text: str, device_id: str, of_sigfox: str) -> None:
    assert normalize_device_id(text) == device_id
    assert sigfox_device_id(text) == of_sigfox


@pytest.mark.parametrize("read_id", [normalize_device_id, sigfox_device_id])
@given(text=device_ids)
def test_a_normalised_id_stays_as_it_is(read_id: Callable[[str], str], text: str) -> None:
    once = read_id(text)

    assert read_id(once) == once


@given(device_ids, device_ids)
def test_two_serials_are_one_only_where_their_characters_are(one: str, other: str) -> None:
    assert (normalize_device_id(one) == normalize_device_id(other)) is (one == other)


@given(sigfox_ids, st.data())
def test_case_separators_and_leading_zeros_of_a_sigfox_id_do_not_matter(
    device_id: str, data: st.DataObject
) -> None:
    zeros = "0" * data.draw(st.integers(0, 8 - len(device_id)))
    spelling = "".join(
        data.draw(separators) + data.draw(st.sampled_from([digit, digit.lower()]))
        for digit in zeros + device_id
    )

    assert sigfox_device_id(spelling) == device_id
    assert is_sigfox_id(device_id)


@given(sigfox_ids, sigfox_ids)
def test_two_sigfox_ids_are_one_only_where_their_numbers_are(one: str, other: str) -> None:
    same = int(one, 16) == int(other, 16)

    assert (sigfox_device_id(one) == sigfox_device_id(other)) is same


@pytest.mark.parametrize(
    ("addressed", "listed", "found", "tried"),
    [
        ("0012", {"0012", "12"}, "0012", 1),
        ("12", {"0012", "12"}, "12", 1),
        ("0012", {"12"}, "12", 2),
        ("12", {"0012"}, None, 1),
        ("0012", set(), None, 2),
        ("12", set(), None, 1),
        ("00SENSOR", {"SENSOR"}, None, 1),
        ("000000012", {"12"}, None, 1),
    ],
)
def test_the_exact_id_is_found_first_then_the_one_without_zeros(
    addressed: str, listed: set[str], found: str | None, tried: int
) -> None:
    asked = []

    def act(device_id: str) -> str:
        asked.append(device_id)
        if device_id not in listed:
            raise UnknownDevice("demo", device_id)
        return device_id

    if found is None:
        with pytest.raises(UnknownDevice) as unknown:
            act_on_addressed(addressed, act)
        assert unknown.value.device_id == addressed
    else:
        assert act_on_addressed(addressed, act) == found
    assert len(asked) == tried


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "--", "a/b", "a#b", "a\n", "a\0", "A" * 65, "a,b", "é", "\u0663", "\u00b2"),
        # In capitals: SS1, I, FI, K, A.
        *("\u00df1", "\u01311", "\ufb01", "\u212a1", "\uff41"),
    ],
)
def test_what_names_no_device_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeviceId):
        normalize_device_id(text)


@given(st.text())
def test_an_id_is_refused_or_fit_for_a_key(text: str) -> None:
    try:
        device_id = normalize_device_id(text)
    except InvalidDeviceId:
        return
    assert 1 <= len(device_id) <= 64
    assert device_id.isascii()
    assert "#" not in device_id


@pytest.mark.parametrize(
    ("text", "prefix"), [("", ""), ("1a", "1A"), ("aa-bb:0", "AABB0"), ("00a", "00A"), ("w.", "W.")]
)
def test_the_beginning_of_an_id_is_spelt_as_ids_are(text: str, prefix: str) -> None:
    assert normalize_id_prefix(text) == prefix


@pytest.mark.parametrize("text", ["a/b", "a#", "é", "x" * 65, "a\n", "\u00df", "\u0131"])
def test_what_begins_no_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeviceId):
        normalize_id_prefix(text)


@given(device_ids.map(normalize_device_id), st.integers(0, 64))
def test_a_device_is_found_by_each_beginning_of_its_id(device_id: str, length: int) -> None:
    prefix = normalize_id_prefix(device_id[:length].lower())

    assert DeviceFilter(prefix=prefix).wants(Device(device_id))


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (DeviceFilter(), True),
        (DeviceFilter(prefix="1A"), True),
        (DeviceFilter(prefix="A"), False),
        (DeviceFilter(type="tracker"), True),
        (DeviceFilter(type="beacon"), False),
        (DeviceFilter(tags=(("site", None),)), True),
        (DeviceFilter(tags=(("site", "Lyon"),)), True),
        (DeviceFilter(tags=(("site", ""),)), False),
        (DeviceFilter(tags=(("floor", None),)), False),
        (DeviceFilter("1A", "tracker", (("site", None), ("floor", "2"))), False),
    ],
)
def test_a_filter_wants_what_fits_all_that_it_says(wanted: DeviceFilter, fits: bool) -> None:
    device = Device("1A2B", type="tracker", tags={"site": "Lyon"})

    assert wanted.wants(device) is fits
