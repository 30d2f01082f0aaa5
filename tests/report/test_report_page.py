"""Report page: one file that shows every section and asks for nothing."""

import re
import shutil
import subprocess
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.report.answer import report_of
from callboard.actors.adapters.report.page import page
from support.command_line import invoke
from support.runs import recorded_run

EVIL = '</script><script>alert("1")</script>&<!--'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HEADINGS = (
    "Latency",
    "Signals over time",
    "Refusals by guard",
    "Failed requests and retries",
    "Conditions",
    "Profit",
    "Slippage",
    "Protection",
    "Orders",
)


@cache
def told() -> dict[str, Any]:
    return report_of(recorded_run(), 500)


@cache
def whole() -> str:
    return page(told())


def test_every_section_and_every_order_is_in_the_markup() -> None:
    headings = re.findall(r"<h2>([^<]+)</h2>", whole())

    assert list(HEADINGS) == headings[-len(HEADINGS) :]
    for row in told()["orders"]["rows"]:
        assert f"<code>{row['client_order_id']}</code>" in whole()


def test_the_policy_allows_its_own_style_and_script_by_their_hashes_and_no_request() -> None:
    policy = unescape(re.findall(r'Content-Security-Policy" content="([^"]+)"', whole())[0])

    for name in ("style", "script"):
        text = re.findall(rf"<{name}>(.*?)</{name}>", whole(), re.DOTALL)[0]
        assert f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}" in policy
    assert policy.startswith("default-src 'none';")
    assert [] == re.findall(r'(?:src|href)="(?!data:)', whole())
    assert " style=" not in whole()
    assert "http" not in re.sub(r"<meta [^>]+>", "", whole()).replace("http_", "")


def test_what_a_venue_or_a_strategy_says_is_shown_and_never_read_as_markup() -> None:
    report = report_of(recorded_run(), 3)
    report["orders"]["rows"][0] |= {"strategy": EVIL, "reason": EVIL, "symbol": EVIL}
    report["conditions"]["alerts"] = [
        {"alert": EVIL, "severity": EVIL, "count": 1, "subject": EVIL, "text": EVIL}
    ]
    report["run"]["mode"] = EVIL

    text = page(report)

    assert 1 == text.count("<script>")
    assert EVIL not in text
    assert EVIL in unescape(text)


def test_a_run_in_which_nothing_happened_has_a_page_too(tmp_path: Path) -> None:
    done = invoke("run", "--data-dir", tmp_path / "D", "--for", "5s", "--seed", "3")

    text = page(report_of(tmp_path / "D", 500))

    assert 0 == done.exit_code
    assert "nothing was measured" in text
    assert "no trade is closed" in text
    assert "no order was made" in text


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_shows_the_page_and_its_script_runs_under_its_policy(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    invoke("report", recorded_run(), "--html", path)
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    words += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    words += ["--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}"]

    done = subprocess.run(
        [str(CHROMIUM), *words, "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )

    heads = re.findall(r'<th scope="col"[^>]*><button type="button">', done.stdout)
    assert 16 == len(heads)
    assert "CONSOLE" not in done.stderr
