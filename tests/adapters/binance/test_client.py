"""LaneClient: what is signed is what is sent, and each end of a request has its phase."""

import contextlib
import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa, pkcs1_15

from callboard.actors.adapters.binance.client import build_client, private_key
from callboard.actors.adapters.binance.credentials import Credentials
from callboard.actors.adapters.binance_requests import build_request, stamp
from callboard.actors.adapters.secret import Secret
from callboard.actors.errors import ConfigurationError
from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.messages.values import Phase
from callboard.messages.venue import QueryOne, ReadTime
from support.binance_clients import (
    API_KEY,
    API_SECRET,
    ED25519_KEY,
    PEMS,
    RSA_KEY,
    options_for,
    our_client,
)
from support.raw_server import Act, RawServer, Received, refused_port, reply, reset, say, silence

PARAMS = {"symbol": "BTCUSDT", "side": "BUY", "newClientOrderId": "a:b/c d+e&f=g", "price": "0.1"}
TIMES = {"recvWindow": "2500", "timestamp": "1591702613943"}
ODD = {"symbol": "币安USDT", "origClientOrderId": "a:b/c d+e&f=g"}


def ask(
    request: VenueRequest, *acts: Act, secret: str = API_SECRET
) -> tuple[VenueAnswer, Received]:
    """Return the answer to a request, and how it came."""
    with RawServer([acts or [reply("{}")]]) as server:
        with our_client(server.url, secret=secret) as client:
            answer = client.perform(request)
        (received,) = server.requests
    return answer, received


def signed_text(received: Received) -> tuple[str, str]:
    """Return the text of a request that is signed, and its signature."""
    query = received.line.split(" ")[1].partition("?")[2]
    text, _, signature = f"{query}{received.body}".rpartition("&signature=")
    return text, unquote(signature)


def hmac_holds(text: str, signature: str) -> None:
    """Assert that a signature is that of the secret."""
    key = hmac.new(API_SECRET.encode(), text.encode(), hashlib.sha256)
    assert key.hexdigest() == signature


def ed25519_holds(text: str, signature: str) -> None:
    """Assert that a signature is that of the Ed25519 key."""
    eddsa.new(ED25519_KEY.public_key(), "rfc8032").verify(text.encode(), b64decode(signature))


def rsa_holds(text: str, signature: str) -> None:
    """Assert that a signature is that of the RSA key."""
    digest = SHA256.new(text.encode())
    pkcs1_15.new(RSA_KEY.public_key()).verify(digest, b64decode(signature))


@pytest.mark.parametrize(
    ("secret", "holds"),
    [(API_SECRET, hmac_holds), (PEMS["ed25519"], ed25519_holds), (PEMS["rsa"], rsa_holds)],
    ids=["hmac", "ed25519", "rsa"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_the_signature_is_of_the_very_text_that_is_sent(
    method: str, secret: str, holds: Callable[[str, str], None]
) -> None:
    params = (ODD if method == "GET" else PARAMS) | TIMES

    answer, received = ask(VenueRequest("1", method, "/fapi/v1/order", params), secret=secret)

    text, signature = signed_text(received)
    holds(text, signature)
    assert Phase.ANSWERED is answer.phase
    assert API_KEY == received.headers["x-mbx-apikey"]
    assert params == dict(parse_qsl(text))


def test_the_times_are_those_of_the_lane() -> None:
    request = stamp(
        build_request(QueryOne("id-1", "BTCUSDT", conditional=False), "1"),
        at_ms=1_591_702_613_943,
        recv_window_ms=2_345,
    )

    _, received = ask(request)

    text, _ = signed_text(received)
    assert "GET /fapi/v1/order?" == received.line[:19]
    assert "origClientOrderId=id-1&recvWindow=2345&symbol=BTCUSDT&timestamp=1591702613943" == text


def test_what_needs_no_signature_has_none() -> None:
    _, received = ask(build_request(ReadTime(), "1"))

    assert ("GET /fapi/v1/time HTTP/1.1", "") == (received.line, received.body)


def test_a_conditional_order_keeps_its_own_id() -> None:
    params = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "clientAlgoId": "own", **TIMES}

    _, received = ask(VenueRequest("1", "POST", "/fapi/v1/algoOrder", params))

    assert "POST /fapi/v1/algoOrder HTTP/1.1" == received.line
    assert received.body.startswith("algoType=CONDITIONAL&clientAlgoId=own&recvWindow=2500")


@pytest.mark.parametrize(
    ("act", "status", "body", "text"),
    [
        (reply('{"p": 0.30000000000000000004}'), 200, {"p": "0.30000000000000000004"}, ""),
        (reply('[{"a": 1}]'), 200, [{"a": 1}], ""),
        (reply(""), 200, None, ""),
        (reply("<html>ok</html>"), 200, None, "<html>ok</html>"),
        (reply("<html>bad</html>", status=502), 502, None, "<html>bad</html>"),
        (reply("Service Unavailable.", status=503), 503, None, "Service Unavailable."),
        (reply('{"code": -1000}', status=503), 503, {"code": -1000}, '{"code": -1000}'),
        (reply('["a"]', status=400), 400, ["a"], '["a"]'),
        (reply('"text"', status=400), 400, "text", '"text"'),
        (reply('{"msg": 5}', status=400), 400, {"msg": 5}, '{"msg": 5}'),
        (reply("[" * 99_999, status=400), 400, None, "[" * 99_999),
        (reply("moved", status=302, headers={"Location": "/x"}), 302, None, "moved"),
    ],
    ids=range(12),
)  # fmt: skip
def test_an_answer_is_told_as_it_came(act: Act, status: int, body: object, text: str) -> None:
    answer, _ = ask(VenueRequest("7", "POST", "/fapi/v1/order", PARAMS | TIMES), act)

    assert VenueAnswer("7", Phase.ANSWERED, status, {}, body, text) == answer


def test_the_limiters_headers_are_told_and_no_others() -> None:
    headers = {"X-MBX-USED-WEIGHT-1M": "7", "x-mbx-order-count-10s": "1", "RETRY-AFTER": "9"}

    answer, _ = ask(build_request(ReadTime(), "1"), reply("{}", headers={**headers, "Via": "x"}))

    assert {name.lower(): text for name, text in headers.items()} == answer.headers


@pytest.mark.parametrize(
    ("acts", "phase"),
    [([reset], Phase.MAYBE_SENT), ([say()], Phase.MAYBE_SENT), ([silence], Phase.MAYBE_SENT)],
)
def test_a_request_without_an_answer_tells_how_far_it_got(acts: list[Act], phase: Phase) -> None:
    with RawServer([acts]) as server, our_client(server.url, timeout_s=0.4) as client:
        answer = client.perform(VenueRequest("1", "POST", "/fapi/v1/order", PARAMS | TIMES))

    assert (phase, 0, None) == (answer.phase, answer.status, answer.body)


def test_a_refused_connection_is_told_as_such() -> None:
    with contextlib.ExitStack() as stack:
        url = f"http://127.0.0.1:{refused_port(stack)}"
        client = stack.enter_context(our_client(url))

        answer = client.perform(VenueRequest("1", "POST", "/fapi/v1/order", PARAMS | TIMES))

    assert Phase.NOT_CONNECTED is answer.phase


def test_what_python_binance_breaks_before_sending_is_not_sent() -> None:
    impossible: Any = {"symbol": "BTCUSDT", "requests_params": "5"}

    with RawServer([]) as server, our_client(server.url) as client:
        answer = client.perform(VenueRequest("1", "POST", "/fapi/v1/order", impossible))

    assert (Phase.NOT_SENT, "python-binance: ValueError", 0) == (
        answer.phase,
        answer.text,
        server.accepted,
    )


@pytest.mark.parametrize("ending", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_private_key_is_told_by_its_text_and_not_by_its_length(kind: str, ending: str) -> None:
    pem = PEMS[kind].replace("\n", "\r\n" if "\r" in ending else "\n") + ending

    key = private_key(Credentials(Secret(API_KEY), Secret(pem)))

    assert key == (ED25519_KEY if kind == "ed25519" else RSA_KEY)


def test_an_encrypted_private_key_is_opened_by_its_passphrase() -> None:
    pem = ED25519_KEY.export_key(
        format="PEM", passphrase="canary", protection="PBKDF2WithHMAC-SHA1AndAES128-CBC"
    )
    closed = Credentials(Secret(API_KEY), Secret(pem))

    assert ED25519_KEY == private_key(Credentials(Secret(API_KEY), Secret(pem), Secret("canary")))
    with pytest.raises(ConfigurationError, match="none that can be read"):
        private_key(closed)


@pytest.mark.parametrize(
    "pem",
    [
        "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
        ED25519_KEY.public_key().export_key(format="PEM"),
        ECC.generate(curve="P-256").export_key(format="PEM"),
    ],
    ids=["rubbish", "public", "curve"],
)
def test_a_private_key_of_no_use_is_refused_without_its_text(pem: str) -> None:
    with pytest.raises(ConfigurationError, match="Ed25519 or RSA, as a PEM") as caught:
        build_client(options_for("http://127.0.0.1:1", secret=pem))

    assert pem.splitlines()[1] not in str(caught.value)


def test_a_json_body_is_read_as_the_lane_wants_it() -> None:
    answer, _ = ask(build_request(ReadTime(), "1"), reply(json.dumps({"serverTime": 5})))

    assert {"serverTime": 5} == answer.body
