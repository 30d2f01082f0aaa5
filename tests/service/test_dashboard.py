"""Dashboard: a browser shows a running paper engine, asks nobody else, and halts it.

One engine, one service and one browser for the module. Without playwright (`pip install
"callboard[browser]"`) or Chromium the tests are skipped and say so.
"""

import csv
import json
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard.messages.queries import EngineStatus, GetStatus
from callboard.messages.values import TradingState
from support.watched import ASK_SECONDS, Watched, watched

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LIMIT_MS = 60_000
WIDE = {"width": 1440, "height": 900}
REASON = "<b>a strange fill</b>"
SPEED = 4.0
ENTRY = "#orders tr:has([data-state=FILLED]):has(td:text-is('entry')) a"
PHONES = (390, 360)
TOKEN = "0123456789abcdef"
TABLES = ("rate", "latency", "errors", "positions", "orders", "queue", "trades", "actors", "health")
NEVER_TOLD = "\u2013"
FIGURES = {
    "money('1234567.891')": "1,234,567.89",
    "money(null)": NEVER_TOLD,
    "signed('-0.5')": "\u22120.50",
    "signed('12')": "+12.00",
    "exact('0.00100000')": "0.001",
    "price('0.61234567')": "0.612346",
    "span(0.18)": "180 \u00b5s",
    "span(61000)": "1 min 01 s",
    "countdown(60001)": "01:01",
}

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


class Sheet:
    """A page of the browser, what it asked for and what it complained of."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(LIMIT_MS)
        page.on("console", self._heard)
        page.on("pageerror", self._broke)
        page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _broke(self, error: Any) -> None:
        self.complaints.append(str(error))

    def _asked(self, request: Any) -> None:
        self.requests.append(request.url)

    def open(self, fragment: str = "") -> "Sheet":
        """Go to the dashboard and wait until it hears the engine."""
        self.page.goto(f"{self.url}/{fragment}")
        self.page.wait_for_selector("body[data-link='live']")
        return self

    def text(self, selector: str) -> str:
        """Return the text in sight."""
        said: str = self.page.inner_text(selector)
        return said

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all that match."""
        said: list[str] = self.page.locator(selector).all_inner_texts()
        return said


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Watched]:
    with watched(tmp_path_factory.mktemp("watched"), speed=SPEED) as running:
        running.trade()
        yield running


@pytest.fixture(scope="module")
def browser() -> Generator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def sheet(engine: Watched, browser: Any) -> Generator[Sheet]:
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    yield Sheet(context.new_page(), engine.url)
    context.close()


def test_every_panel_shows_the_engine_without_a_complaint_or_a_request_to_anywhere_else(
    sheet: Sheet,
) -> None:
    sheet.open()

    for panel in TABLES:
        sheet.page.wait_for_selector(f"#{panel} tbody tr")
    sheet.page.wait_for_selector("#limits .gauge >> nth=2")
    sheet.page.wait_for_selector("#alerts li, #alerts .none")
    sheet.page.wait_for_selector("#rate canvas")
    sheet.page.wait_for_selector("#latency canvas")
    assert "PAPER" in sheet.text("#mode")
    assert "ACTIVE" == sheet.text("#state-word")
    assert [] == [text for text in sheet.texts(".tile b") if text == NEVER_TOLD]
    assert [] == [url for url in sheet.requests if not url.startswith(f"{sheet.url}/")]
    assert [] == sheet.complaints


def test_an_order_opens_its_timeline_which_the_address_names(sheet: Sheet) -> None:
    sheet.open()
    sheet.page.click("#orders-latest")
    link = sheet.page.wait_for_selector(ENTRY)
    name = link.inner_text()

    link.click()
    sheet.page.wait_for_selector("#timeline .steps li")

    assert name == sheet.text("#timeline-title")
    assert sheet.page.url.endswith(f"#order={name}")
    assert {"execution_system", "risk_gate", "order_manager"} <= set(sheet.texts(".steps b"))
    assert "filled" in sheet.text("#timeline .strip")
    sheet.page.keyboard.press("Escape")
    sheet.page.wait_for_selector("#timeline", state="hidden")
    sheet.open(f"#order={name}")
    sheet.page.wait_for_selector("#timeline .steps li")
    assert [] == sheet.complaints


def test_halt_is_asked_for_pressed_and_seen_and_resumed(sheet: Sheet, engine: Watched) -> None:
    sheet.open()

    sheet.page.keyboard.press("h")
    assert "Halt trading?" in sheet.text("#confirm")
    sheet.page.keyboard.type(REASON)
    sheet.page.keyboard.press("Enter")
    sheet.page.wait_for_selector("#state[data-state=HALTED]")

    status = engine.ref.ask(GetStatus(), timeout=ASK_SECONDS)
    assert isinstance(status, EngineStatus)
    assert (TradingState.HALTED, True) == (status.trading_state, REASON in status.reason)
    assert REASON in sheet.text("#state-why")
    assert sheet.page.title().startswith("HALTED")
    sheet.page.click("#act-resume")
    sheet.page.keyboard.press("Enter")
    assert sheet.page.is_visible("#confirm")
    sheet.page.fill("#confirm-reason", "seen")
    sheet.page.keyboard.press("Enter")
    sheet.page.wait_for_selector("#state[data-state=ACTIVE]")
    assert [] == sheet.complaints


def test_the_keyboard_reaches_panels_rows_and_help(sheet: Sheet) -> None:
    sheet.open()
    focus = "document.activeElement.id"
    sheet.page.wait_for_selector("#orders tbody tr")

    sheet.page.keyboard.press("/")
    assert "search" == sheet.page.evaluate(focus)
    sheet.page.keyboard.press("Escape")
    sheet.page.keyboard.press("j")
    assert "limits" == sheet.page.evaluate(focus)
    sheet.page.keyboard.press("?")
    assert sheet.page.is_visible("#keys")
    sheet.page.click("#keys button")
    assert not sheet.page.is_visible("#keys")
    sheet.page.keyboard.press("p")
    assert "true" == sheet.page.get_attribute("#log-pause", "aria-pressed")
    sheet.page.focus("#orders .scroll")
    sheet.page.keyboard.press("ArrowDown")
    sheet.page.keyboard.press("Enter")
    sheet.page.wait_for_selector("#timeline .steps li")
    assert [] == sheet.complaints


def test_phones_show_it_without_scrolling_sideways(sheet: Sheet) -> None:
    sheet.open()
    sheet.page.wait_for_selector("#positions tbody tr")

    for width in PHONES:
        sheet.page.set_viewport_size({"width": width, "height": 844})
        assert width == sheet.page.evaluate("document.documentElement.scrollWidth")
    assert [] == sheet.complaints


def test_a_service_that_is_gone_is_said_and_found_again(sheet: Sheet) -> None:
    sheet.open()

    sheet.page.context.set_offline(True)
    sheet.page.wait_for_selector("body[data-link=gone]")
    assert "Disconnected" in sheet.text("#trouble")
    assert sheet.page.is_disabled("#act-halt")
    sheet.page.context.set_offline(False)

    sheet.page.wait_for_selector("body[data-link=live]")
    assert not sheet.page.is_visible("#trouble")


def test_a_token_is_asked_for_and_kept_for_the_tab_alone(sheet: Sheet) -> None:
    refusal = json.dumps({"error": {"code": "token_missing", "message": "a token", "details": []}})

    def answer(route: Any) -> None:
        if route.request.headers.get("authorization") == f"Bearer {TOKEN}":
            # The service of this test wants none, and refuses one that it does not know.
            headers = dict(route.request.headers)
            del headers["authorization"]
            route.continue_(headers=headers)
        else:
            route.fulfill(status=401, content_type="application/json", body=refusal)

    sheet.page.route("**/api/**", answer)
    sheet.page.goto(sheet.url)
    sheet.page.wait_for_selector("body[data-link=locked]")
    sheet.page.click("#tool-token")
    sheet.page.keyboard.type(TOKEN)
    sheet.page.keyboard.press("Enter")
    sheet.page.wait_for_selector("body[data-link=live]")

    kept = "[Object.values(sessionStorage), Object.values(localStorage), document.cookie]"
    assert [[TOKEN], [], ""] == sheet.page.evaluate(kept)


def test_without_charts_their_tables_tell_the_same(sheet: Sheet) -> None:
    def lose(route: Any) -> None:
        route.abort()

    sheet.page.route("**/uPlot.iife.min.js", lose)

    sheet.open()
    sheet.page.wait_for_selector("#latency tbody tr")

    assert not sheet.page.is_visible("#rate .chart")
    assert "sent → ack" in sheet.text("#latency table")


def test_the_trades_in_sight_are_saved_as_csv(sheet: Sheet) -> None:
    sheet.open()
    sheet.page.wait_for_selector("#trades tbody tr")

    sheet.page.fill("#trades-filter", "ethusdt")
    with sheet.page.expect_download() as saved:
        sheet.page.click("#trades-csv")

    with Path(saved.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"ETHUSDT"} == {row["symbol"] for row in rows}
    assert "trades.csv" == saved.value.suggested_filename


def test_light_and_dark_are_a_switch_that_is_kept(sheet: Sheet) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = sheet.open().page.evaluate(ground)

    sheet.page.keyboard.press("t")
    dark = sheet.page.evaluate(ground)
    sheet.page.reload()

    assert light != dark
    assert dark == sheet.page.evaluate(ground)


def test_figures_are_written_as_people_read_them(sheet: Sheet) -> None:
    sheet.page.goto(f"{sheet.url}/static/icon.svg")

    written = {
        call: sheet.page.evaluate(f"import('/static/format.js').then((form) => form.{call})")
        for call in FIGURES
    }

    assert written == FIGURES
