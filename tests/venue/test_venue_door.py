"""Door: who may use the venue by which key, and what a wrong one hears."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import eddsa, pkcs1_15

from callboard.actors.errors import ConfigurationError
from callboard.scenarios.venue.refusal import VenueRefusal
from callboard.scenarios.venue.server.accounts import read_accounts
from callboard.scenarios.venue.server.door import ACCOUNTS_MAX, ClosedDoor, OpenDoor
from callboard.scenarios.venue.server.rest import signed_payload
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.signatures import SharedSecret
from support.venue_servers import Caller, served

SECRET = "s3cret"
ED25519 = ECC.generate(curve="Ed25519")
RSA_KEY = RSA.generate(1024)  # noqa: S505 - short, since it signs one test
BALANCE = "/fapi/v3/balance"
GOLDEN_SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
GOLDEN_TEXT = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
    "&timestamp=1591702613943"
)
GOLDEN_SIGNATURE = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueServer]:
    file = tmp_path_factory.mktemp("accounts") / "accounts.json"
    accounts = [
        {"name": "main", "key": "hmac", "secret": SECRET, "balance": "250"},
        {"name": "main", "key": "ed", "public_key": ED25519.public_key().export_key(format="PEM")},
        {"key": "rsa", "public_key": RSA_KEY.public_key().export_key().decode()},
        {"key": "reader", "secret": SECRET, "permissions": ["read"]},
    ]
    file.write_text(json.dumps({"accounts": accounts}))
    with served(door=ClosedDoor(read_accounts(file))) as server:
        yield server


def by_secret(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), sha256).hexdigest()


def by_ed25519(text: str) -> str:
    return quote(b64encode(eddsa.new(ED25519, "rfc8032").sign(text.encode())).decode(), safe="")


def by_rsa(text: str) -> str:
    signature = pkcs1_15.new(RSA_KEY).sign(SHA256.new(text.encode()))
    return quote(b64encode(signature).decode(), safe="")


def test_hmac_of_the_documentation_is_accepted_in_either_case() -> None:
    secret = SharedSecret(GOLDEN_SECRET.encode())

    assert secret.accepts(GOLDEN_TEXT.encode(), GOLDEN_SIGNATURE)
    assert secret.accepts(GOLDEN_TEXT.encode(), GOLDEN_SIGNATURE.upper())
    assert not secret.accepts(b"a" + GOLDEN_TEXT.encode(), GOLDEN_SIGNATURE)


@pytest.mark.parametrize(
    ("key", "sign"), [("hmac", by_secret), ("ed", by_ed25519), ("rsa", by_rsa)]
)
def test_each_kind_of_key_signs(server: VenueServer, key: str, sign: object) -> None:
    with Caller(server, key, sign) as caller:  # type: ignore[arg-type]
        answer = caller.signed("GET", BALANCE)

    assert 200 == answer.status


def test_two_keys_of_one_name_open_one_account_with_its_balance(server: VenueServer) -> None:
    with Caller(server, "hmac", by_secret) as one, Caller(server, "ed", by_ed25519) as other:
        rows = one.done("GET", BALANCE) + other.done("GET", BALANCE)

    assert ["250", "250"] == [row["balance"] for row in rows]


@pytest.mark.parametrize(
    ("key", "status", "code"), [("", 401, -2014), ("nobody", 401, -2015), ("hmac", 400, -1022)]
)
def test_a_wrong_key_or_signature_is_refused(
    server: VenueServer, key: str, status: int, code: int
) -> None:
    with Caller(server, key, lambda text: by_secret(text + "&")) as caller:
        answer = caller.signed("GET", BALANCE)

    assert (status, code) == (answer.status, answer.code)


def test_a_missing_signature_is_named(server: VenueServer) -> None:
    with Caller(server, "hmac") as caller:
        answer = caller.signed("GET", BALANCE)

    assert -1102 == answer.code
    assert "'signature'" in answer.body["msg"]


def test_a_key_without_the_permission_may_only_read(server: VenueServer) -> None:
    with Caller(server, "reader", by_secret) as caller:
        read = caller.signed("GET", BALANCE)
        traded = caller.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=5)

    assert (200, -2015) == (read.status, traded.code)


def test_an_account_tells_what_its_key_may_do(server: VenueServer) -> None:
    path = "/sapi/v1/account/apiRestrictions"
    with Caller(server, "reader", by_secret) as reader, Caller(server, "rsa", by_rsa) as trader:
        rights = [caller.done("GET", path) for caller in (reader, trader)]

    assert [False, True] == [each["enableFutures"] for each in rights]
    assert [False, False] == [each["enableWithdrawals"] for each in rights]


def test_an_open_door_gives_a_key_its_account_again_and_ends_at_its_bound() -> None:
    door = OpenDoor()
    names = [door.admit(f"key-{number}").account for number in range(ACCOUNTS_MAX)]

    with pytest.raises(VenueRefusal, match="-2015"):
        door.admit("one more")

    assert (ACCOUNTS_MAX, "account-1") == (len(set(names)), door.admit("key-0").account)


def test_a_timestamp_of_another_time_is_refused(server: VenueServer) -> None:
    now_ms = server.call(lambda floor: floor.now().now_ms)
    with Caller(server, "hmac") as caller:
        codes = [
            caller.send("GET", BALANCE, f"{query}&signature={by_secret(query)}").code
            for query in (f"timestamp={now_ms - 5_100}", f"timestamp={now_ms + 20_000}")
        ]

    assert [-1021, -1021] == codes


def test_what_is_signed_is_query_and_body_as_sent_without_the_signature() -> None:
    assert b"a=%2Fb=2c=3" == signed_payload("a=%2F&signature=x", "b=2c=3")
    assert b"a=1&b=2" == signed_payload("a=1&b=2", "signature=x")


def test_a_listen_key_needs_a_key_and_no_signature(server: VenueServer) -> None:
    with Caller(server, "hmac") as caller, Caller(server, "") as stranger:
        opened = caller.send("POST", "/fapi/v1/listenKey")
        refused = stranger.send("POST", "/fapi/v1/listenKey")

    assert 64 == len(opened.body["listenKey"])
    assert (401, -2014) == (refused.status, refused.code)


def test_every_fault_of_an_accounts_file_is_told_without_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text(
        '[[accounts]]\nkey = "CANARY"\n[[accounts]]\nkey = "CANARY"\nsecret = "CANARY"\n'
        'public_key = "x"\npermission = ["read"]\nbalance = "much"\n'
    )

    with pytest.raises(ConfigurationError) as error:
        read_accounts(file)

    told = str(error.value)
    assert "account 1 needs exactly one of secret, public_key, public_key_file" in told
    assert "account 2 has no field 'permission'; near: permissions" in told
    assert "account 2 `balance` is a number" in told
    assert "account 2 has the key of account 1" in told
    assert "CANARY" not in told
