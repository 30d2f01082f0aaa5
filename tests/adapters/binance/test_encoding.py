"""Encoding: the quick way and the library's give the same text, whatever the text."""

from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.adapters.binance.encoding import form, quoted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_a_form_is_encoded_as_by_the_library(pairs: list[tuple[str, str]]) -> None:
    assert urlencode(pairs) == form(pairs)


@given(TEXTS)
def test_what_is_quoted_is_read_back(text: str) -> None:
    assert [("a", text)] == parse_qsl(f"a={quoted(text)}", keep_blank_values=True)
