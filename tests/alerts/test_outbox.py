"""Outbox and webhook: what leaves is signed, tried again, bounded, and holds up nobody."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.alerts.channels import (
    APPRISE_URLS,
    WEBHOOK_SECRET,
    WEBHOOK_URL,
    DeliveryFailed,
    open_channels,
)
from callboard.actors.adapters.alerts.notices import Notice, State, notice_of
from callboard.actors.adapters.alerts.outbox import Outbox
from callboard.actors.adapters.alerts.webhook import (
    DELIVERY,
    SIGNATURE,
    TIMESTAMP,
    Webhook,
    signature,
)
from callboard.actors.adapters.secret import Secret
from callboard.messages.values import Severity
from support.web_receiver import Receiver

WAIT_SECONDS = 60.0
HOUR_MS = 3_600_000
CANARY = "a-secret-that-nobody-sees"
NOTICE = Notice(
    notice_id="down/venue/1/firing/2",
    rule="down",
    subject="vénue",
    state=State.FIRING,
    severity=Severity.CRITICAL,
    text="it is down",
    value="5 failures",
    limit="",
    since_ms=1,
    at_ms=2,
    mode="paper",
    engine="D",
)


@pytest.fixture
def receiver() -> Generator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


def hook_of(receiver: Receiver) -> str:
    return f"{receiver.url}/hook?key={CANARY}"


def webhook(url: str, seconds: float = WAIT_SECONDS) -> Webhook:
    return evolve(Webhook.at(Secret(url), Secret(CANARY), seconds), now_ms=lambda: 1_700)


def outbox(channel: Any, *, queue_max: int = 10, now_ms: int = 0) -> Outbox:
    return Outbox(
        channel, queue_max=queue_max, within_ms=HOUR_MS, waits=(0.0,), now_ms=lambda: now_ms
    )


def test_a_notice_is_posted_as_json_with_a_signature_over_time_and_body(
    receiver: Receiver,
) -> None:
    webhook(hook_of(receiver)).deliver(NOTICE)

    headers, body = receiver.posts[0]
    assert NOTICE == notice_of(json.loads(body))
    assert ("1700", NOTICE.notice_id) == (headers[TIMESTAMP], headers[DELIVERY])
    assert signature(CANARY, "1700", body) == headers[SIGNATURE]
    assert signature(CANARY, "1701", body) != headers[SIGNATURE]


@pytest.mark.parametrize(
    ("status", "is_final"), [(503, False), (429, False), (404, True), (302, True)]
)
def test_an_answer_that_is_no_success_is_tried_again_or_final(
    receiver: Receiver, status: int, is_final: bool
) -> None:
    receiver.statuses.append(status)

    with pytest.raises(DeliveryFailed) as caught:
        webhook(hook_of(receiver)).deliver(NOTICE)

    assert (is_final, f"it answered {status}") == (caught.value.is_final, str(caught.value))


def test_a_receiver_that_never_answers_is_cut_off(receiver: Receiver) -> None:
    receiver.release.clear()

    with pytest.raises(DeliveryFailed, match="no answer"):
        webhook(hook_of(receiver), seconds=0.05).deliver(NOTICE)


def test_nobody_there_is_no_answer_and_no_secret_is_told() -> None:
    channel = webhook(f"http://127.0.0.1:1/{CANARY}")

    with pytest.raises(DeliveryFailed, match="no answer: Connection refused") as caught:
        channel.deliver(NOTICE)

    assert "http://127.0.0.1" == channel.address
    assert CANARY not in f"{caught.value!r} {channel!r}"


def test_what_is_not_taken_is_tried_again_in_its_order_under_the_same_name(
    receiver: Receiver,
) -> None:
    receiver.statuses += [500, 503]
    box = outbox(webhook(hook_of(receiver)))

    box.put((NOTICE, evolve(NOTICE, notice_id="second")))
    assert box.wait_until(lambda each: each.delivered == 2, WAIT_SECONDS)
    box.close()

    names = [headers[DELIVERY] for headers, _ in receiver.posts]
    assert [NOTICE.notice_id] * 3 + ["second"] == names
    assert box.health().is_ok
    assert () == box.waiting()


def test_a_final_refusal_is_given_up_and_counted(receiver: Receiver) -> None:
    receiver.statuses.append(410)
    box = outbox(webhook(hook_of(receiver)))

    box.put((NOTICE,))
    assert box.wait_until(lambda each: each.lost == 1, WAIT_SECONDS)
    box.close()

    assert "given up: it answered 410" in box.health().text
    assert not box.health().is_ok


def test_a_notice_that_is_too_old_is_given_up(receiver: Receiver) -> None:
    receiver.statuses.append(500)
    box = outbox(webhook(hook_of(receiver)), now_ms=NOTICE.at_ms + HOUR_MS)

    box.put((NOTICE,))
    assert box.wait_until(lambda each: each.lost == 1, WAIT_SECONDS)
    box.close()

    assert 1 == len(receiver.posts)


def test_a_stuck_receiver_holds_up_nobody_and_the_oldest_notices_give_way(
    receiver: Receiver,
) -> None:
    receiver.release.clear()
    box = outbox(webhook(hook_of(receiver)), queue_max=3)

    box.put(evolve(NOTICE, notice_id=f"n{number}") for number in range(10))
    waiting = [each.notice_id for each in box.waiting()]
    told = box.health()
    receiver.release.set()
    assert box.wait_until(lambda each: not each.waiting(), WAIT_SECONDS)
    box.close()

    assert ["n7", "n8", "n9"] == waiting
    assert "3 wait, 7 lost" in told.text


def test_a_channel_that_fails_in_a_strange_way_is_tried_again() -> None:
    class Strange:
        name, address, calls = "strange", "nowhere", 0

        def deliver(self, _notice: Notice) -> None:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError(CANARY)

    box = outbox(Strange())

    box.put((NOTICE,))
    assert box.wait_until(lambda each: each.delivered == 1, WAIT_SECONDS)
    box.close()


def test_the_environment_names_the_channels_and_its_faults_are_told_without_secrets() -> None:
    opened = open_channels(
        {
            WEBHOOK_URL: "https://hooks.example.org/path",
            WEBHOOK_SECRET: CANARY,
        },
        timeout_ms=100,
    )
    none = open_channels({}, timeout_ms=100)
    unsigned = open_channels({WEBHOOK_URL: "https://example.org"}, timeout_ms=100)
    no_address = open_channels(
        {WEBHOOK_URL: f"ftp://{CANARY}", WEBHOOK_SECRET: "x"},
        timeout_ms=100,
    )

    addresses = [(each.name, each.address) for each in opened.channels]
    assert [("webhook", "https://hooks.example.org")] == addresses
    assert ((), ()) == (none.channels, none.faults)
    assert "must be signed" in unsigned.faults[0]
    assert "must be an http:// or https:// address" in no_address.faults[0]
    assert CANARY not in str(no_address.faults)


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
def test_apprise_tells_its_addresses_and_says_when_one_did_not_take_it(
    receiver: Receiver,
) -> None:
    url = receiver.url.replace("http://", "json://")
    (channel,) = open_channels({APPRISE_URLS: f"{url}, {url}"}, timeout_ms=100).channels
    bad = open_channels({APPRISE_URLS: f"{url} nonsense"}, timeout_ms=100)

    channel.deliver(NOTICE)
    receiver.statuses.append(500)
    with pytest.raises(DeliveryFailed, match="did not take it"):
        channel.deliver(NOTICE)

    told = json.loads(receiver.posts[0][1])
    assert "[FIRING] CRITICAL down vénue: 5 failures" == told["title"]
    assert ("it is down\nD", "failure") == (told["message"], told["type"])
    assert "2 by json" == channel.address
    assert ("APPRISE_URLS: address 2 is none of Apprise's",) == bad.faults


def test_apprise_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)

    opened = open_channels({APPRISE_URLS: "json://127.0.0.1"}, timeout_ms=100)

    assert (
        "APPRISE_URLS: needs the extra alerts: pip install 'callboard[alerts]'",
    ) == opened.faults
