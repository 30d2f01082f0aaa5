"""TOML lines: every table and key is found on the line where a person would look for it."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.files.toml_lines import TomlPath, line_of, lines_of

TEXT = '''# a comment with [brackets] and = signs
first = 1
"quoted.name" = """
two = 2
[no table]
"""
list = [ # a comment ] in a list
  "]", '[', { inline = "}" },
]

[table]
dotted.key = 'a # b'   # c = d

[[row]]
name = "one"
[row.more]
far = true

[[row]]
name = "a \\" quote"
[[row.part]]
size = 1979-05-27
'''
EXPECTED: dict[TomlPath, int] = {
    ("first",): 2,
    ("quoted.name",): 3,
    ("list",): 7,
    ("table",): 11,
    ("table", "dotted"): 12,
    ("table", "dotted", "key"): 12,
    ("row",): 14,
    ("row", 0): 14,
    ("row", 0, "name"): 15,
    ("row", 0, "more"): 16,
    ("row", 0, "more", "far"): 17,
    ("row", 1): 19,
    ("row", 1, "name"): 20,
    ("row", 1, "part"): 21,
    ("row", 1, "part", 0): 21,
    ("row", 1, "part", 0, "size"): 22,
}
KEYS = st.text(st.sampled_from("ab-_1"), min_size=1, max_size=3)
VALUES = st.sampled_from(
    ("1", "'#'", '"\\"["', "[\n]", '"""\n"" x"""', "'''\n''''", "{ a = 1 }", "[[1], ['],']]")
)


def test_tables_keys_arrays_and_texts_of_many_lines_are_found_where_they_stand() -> None:
    assert EXPECTED == lines_of(TEXT)


def test_line_ends_of_windows_count_as_one_line_each() -> None:
    assert {("a",): 1, ("b",): 2} == lines_of("a = 1\r\nb = 2\r\n")


def test_what_stands_inside_a_statement_has_the_statements_line() -> None:
    lines = lines_of(TEXT)

    assert 7 == line_of(lines, ("list", 2, "inline"))
    assert 1 == line_of(lines, ("unheard of",))


@given(st.lists(st.tuples(KEYS, VALUES), unique_by=lambda pair: pair[0]))
def test_every_key_of_any_table_begins_its_own_line(pairs: list[tuple[str, str]]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in pairs)
    found = lines_of(text)

    rows = text.splitlines()
    for key in tomllib.loads(text):
        assert rows[found[(key,)] - 1].startswith(f"{key} = ")
    assert len(pairs) == len(found)
