"""Test of the framing: whole frames come out however the bytes are cut; bad ones are named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.framing import Framer, FramingError, pack

BYTES_MAX = 10_000
objects = st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20)))


@given(data=st.data(), sent=objects)
def test_frames_come_out_whole_and_in_order_however_the_bytes_are_cut(
    data: st.DataObject, sent: list[dict[str, Any]]
) -> None:
    sent = [{name: str(value) for name, value in each.items()} for each in sent]
    stream = b"".join(pack(each, BYTES_MAX) for each in sent)
    framer, heard = Framer(BYTES_MAX), list[dict[str, Any]]()

    while stream:
        size = data.draw(st.integers(1, len(stream)))
        heard += framer.feed(stream[:size])
        stream = stream[size:]

    assert sent == heard


def test_a_frame_begins_with_its_length_in_four_big_endian_bytes() -> None:
    assert b'\x00\x00\x00\x07{"a":1}' == pack({"a": 1}, BYTES_MAX)


def test_a_frame_over_the_bound_is_not_packed() -> None:
    with pytest.raises(FramingError, match="a frame of 17 bytes, of 16 allowed"):
        pack({"a": "123456789"}, 16)


def test_a_frame_over_the_bound_is_refused_by_its_length_alone() -> None:
    with pytest.raises(FramingError, match="a frame of 4294967295 bytes, of 16 allowed"):
        list(Framer(16).feed(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "no JSON: "),
        (b"", "no JSON: "),
        (b"\xff\xfe", "no JSON: "),
        (b"[1]", "no JSON object but list"),
        (b"null", "no JSON object but NoneType"),
    ],
)
def test_a_frame_that_is_no_json_object_is_refused_with_the_reason(
    body: bytes, reason: str
) -> None:
    framer = Framer(BYTES_MAX)

    with pytest.raises(FramingError, match=reason):
        list(framer.feed(len(body).to_bytes(4, "big") + body))
