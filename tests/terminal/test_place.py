"""Place: how an engine is named on the command line, and what is no name of one."""

from pathlib import Path

import click
import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.terminal.place import PLACE, Place, Url, url_of
from support.command_line import invoke

TOKEN = "s3cret-of-mine"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8002", "http://127.0.0.1:8002"),
        ("http://localhost", "http://localhost:80"),
        ("https://desk.example/engine/", "https://desk.example:443/engine"),
        ("http://[::1]:8002/", "http://[::1]:8002"),
    ],
)
def test_an_address_is_read_with_its_port_and_path(text: str, expected: str) -> None:
    assert expected == str(url_of(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://", "names no host"),
        ("http://h:port", "is no address"),
        ("http://h:99999", "is no address"),
        ("http://h/?a=1", "ends before ? and #"),
        (f"http://me:{TOKEN}@h", "set CALLBOARD_API_TOKEN"),
        (f"http://{TOKEN}@h:port", "is no address"),
        (f"http://h?token={TOKEN}", "ends before ? and #"),
    ],
)
def test_what_is_no_address_is_refused_and_no_secret_repeated(text: str, why: str) -> None:
    result = invoke("orders", text)

    assert Exit.USAGE == result.exit_code
    assert why in result.stderr
    assert TOKEN not in result.output


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.touch()

    result = invoke("status", file)

    assert Exit.USAGE == result.exit_code
    assert "is a file; name a data directory or a URL" in result.stderr


def test_without_a_name_the_environment_names_the_engine(tmp_path: Path) -> None:
    seen: list[Place] = []

    @click.command()
    @PLACE
    def show(place: Place) -> None:
        seen.append(place)

    for environ in (
        {"CALLBOARD_DATA_DIR": str(tmp_path)},
        {"CALLBOARD_DATA_DIR": str(tmp_path), "CALLBOARD_URL": "http://h:1"},
    ):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            show.main([], standalone_mode=False)

    assert [tmp_path, Url("http", "h", 1)] == seen


@pytest.mark.parametrize("words", [("orders",), ("order", "show", "cb1-1-e1")])
def test_where_nothing_names_the_engine_the_command_says_what_would(
    words: tuple[str, ...],
) -> None:
    result = invoke(*words, environ={"CALLBOARD_URL": "", "CALLBOARD_DATA_DIR": ""})

    assert Exit.USAGE == result.exit_code
    assert "CALLBOARD_URL or CALLBOARD_DATA_DIR" in result.stderr


def test_an_id_may_follow_a_place_or_stand_alone(tmp_path: Path) -> None:
    environ = {"CALLBOARD_DATA_DIR": str(tmp_path)}

    named = invoke("order", "show", tmp_path, "cb1-1-e1")
    alone = invoke("order", "show", "cb1-1-e1", environ=environ)
    too_many = invoke("order", "show", tmp_path, "cb1-1-e1", "more")

    assert named.stderr == alone.stderr
    assert Exit.UNREACHABLE == named.exit_code == alone.exit_code
    assert Exit.USAGE == too_many.exit_code
