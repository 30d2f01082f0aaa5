"""Who may do what over HTTP: tokens, roles, two persons, and pages of other hosts."""

from collections.abc import Generator
from pathlib import Path

import pytest

from callboard import ResumeTrading, Settings
from callboard.actors.adapters.http.auth import TOKENS, TRADE_TOKEN, read_tokens
from callboard.actors.adapters.http.server import HttpApi
from callboard.actors.errors import ConfigurationError
from callboard.actors.service_settings import ApiSettings
from callboard.messages.queries import EngineStatus, GetStatus
from callboard.messages.values import TradingState
from support.http_service import PATH, Answer, Caller, ScriptedLink, context_of, served

ALICE, BOB, CAROL, OLD = (f"{name}-0123456789abcdef" for name in ("alice", "bob", "carol", "old"))
SEVERAL = (
    f"alice trade {ALICE}\nbob trade {BOB} 2999-01-01T00:00:00Z\n\ncarol read {CAROL}\n"
    f"old trade {OLD} 2001-01-01T00:00:00+00:00\n"
)
STATUS = EngineStatus(TradingState.HALTED, 3, "lunch", (), venue_open=True)


@pytest.fixture
def link() -> ScriptedLink:
    return ScriptedLink({GetStatus: STATUS})


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def api(link: ScriptedLink, log: list[str], tmp_path: Path) -> Generator[Caller]:
    settings = Settings(api=ApiSettings(port=0, approvals_min=2))
    with served(link, tmp_path, settings, {TOKENS: SEVERAL}, log) as caller:
        yield caller


def resume(api: Caller, token: str, **headers: str) -> Answer:
    return api.post(
        f"{PATH}/resume?wait_ms=0",
        {"reason": "back"},
        Authorization=f"Bearer {token}",
        **headers,
    )


def test_a_token_is_asked_for_by_its_role_and_until_its_end(api: Caller) -> None:
    halt = f"{PATH}/halt"
    none, wrong, reads, old = (
        api.post(halt, {}),
        api.post(halt, {}, Authorization=f"Bearer {ALICE}x"),
        api.post(halt, {}, Authorization=f"Bearer {CAROL}"),
        api.post(halt, {}, Authorization=f"Bearer {OLD}"),
    )
    basic = api.post(halt, {}, Authorization=f"Basic {ALICE}")

    assert [
        (401, "token_missing"),
        (401, "token_wrong"),
        (403, "token_reads_only"),
        (401, "token_expired"),
        (401, "token_wrong"),
    ] == [(each.status, each.code) for each in (none, wrong, reads, old, basic)]
    assert "Bearer" == none.headers["www-authenticate"]


def test_where_a_token_may_read_nobody_reads_without_one(api: Caller) -> None:
    trades = f"{PATH}/trades"

    bare = api.get("/health")
    whole = api.get("/health", Authorization=f"Bearer {CAROL}")

    assert 401 == api.get(trades).status
    assert 503 == api.get(trades, Authorization=f"bearer {CAROL}").status
    assert 200 == api.get("/").status
    assert "components" not in bare.json
    assert "trading" in whole.json["components"]


def test_two_tokens_are_needed_to_resume_and_one_token_is_not_two(
    api: Caller, link: ScriptedLink
) -> None:
    first = resume(api, ALICE)
    again = resume(api, ALICE, Idempotency_Key="another")
    reader = resume(api, CAROL)
    assert not link.told
    second = resume(api, BOB)

    assert (202, ["alice"], 2) == (
        first.status,
        first.json["approvals"],
        first.json["approvals_min"],
    )
    assert (202, ["alice"], 403) == (again.status, again.json["approvals"], reader.status)
    assert 202 == second.status
    (command,) = link.told
    assert isinstance(command, ResumeTrading)
    assert ("alice", "bob") == command.approvals


def test_a_token_is_never_shown(api: Caller, log: list[str]) -> None:
    answers = [resume(api, each) for each in (ALICE, CAROL, OLD, "x")]

    said = b"".join(each.body for each in answers) + "".join(log).encode()
    assert all(token.encode() not in said for token in (ALICE, BOB, CAROL, OLD))
    assert ALICE not in repr(read_tokens({TOKENS: SEVERAL}))


def test_without_a_token_only_pages_of_this_host_may_trade(
    link: ScriptedLink, tmp_path: Path
) -> None:
    with served(link, tmp_path) as api:
        halt = f"{PATH}/halt?wait_ms=0"
        answers = [
            api.post(halt, {}, Origin="http://evil.example"),
            api.post(halt, {}, Origin="null"),
            api.post(halt, {}, Host="evil.example"),
            api.post(halt, {}, Origin=f"http://localhost:{api.port}"),
            api.post(halt, {}, Host="[::1]:8002"),
        ]

    assert [403, 403, 421, 200, 200] == [each.status for each in answers]
    assert ["anybody", "anybody"] == [command.by for command in link.told]


@pytest.mark.parametrize("mode", ["live", "testnet"])
def test_elsewhere_than_paper_trading_needs_a_token_that_somebody_set(
    mode: str, link: ScriptedLink, tmp_path: Path
) -> None:
    settings = Settings(mode=mode, api=ApiSettings(port=0))
    with served(link, tmp_path, settings) as api:
        halt = api.post(f"{PATH}/halt", {})
        status = api.get("/health").status
        document = api.get("/openapi.json").status

    assert (401, 200) == (halt.status, status)
    assert TRADE_TOKEN in halt.json["error"]["message"]
    assert (404 if mode == "live" else 200) == document


def test_off_the_loopback_no_port_opens_without_a_token_that_may_trade(tmp_path: Path) -> None:
    settings = Settings(api=ApiSettings(host="0.0.0.0", port=0))  # noqa: S104 - it is refused
    readers = {TOKENS: f"carol read {CAROL}"}

    for environ in ({}, readers):
        with context_of(ScriptedLink(), tmp_path, settings, environ) as context:
            face = HttpApi(context)
            with pytest.raises(ConfigurationError, match=TRADE_TOKEN):
                face.open()
            face.close()


def test_the_rule_of_two_wants_two_tokens(tmp_path: Path) -> None:
    settings = Settings(api=ApiSettings(port=0, approvals_min=2))
    with context_of(ScriptedLink(), tmp_path, settings, {TRADE_TOKEN: ALICE}) as context:
        face = HttpApi(context)
        with pytest.raises(ConfigurationError, match="there are 1"):
            face.open()
        face.close()


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (f"alice {ALICE}", "line 1: must be NAME ROLE TOKEN"),
        (f"alice boss {ALICE}", "line 1: the role must be read or trade"),
        (f"alice trade {ALICE} soon", "line 1: the end must be a time"),
        (f"alice trade {ALICE} 2030-01-01T00:00:00", "line 1: the end needs a time zone"),
        ("alice trade short", "token alice: must be at least 16"),
        (f"alice trade {ALICE}\nalice read {BOB}", "token alice: this name is there twice"),
        (f"alice trade {ALICE}\nbob read {ALICE}", "token bob: is another one's"),
    ],
)
def test_tokens_that_cannot_be_told_apart_are_refused_and_not_shown(lines: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_tokens({TOKENS: lines})

    assert fault in str(raised.value)
    assert ALICE not in str(raised.value)
