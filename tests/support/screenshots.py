"""Screenshots: the dashboard's pictures in the docs, made from a paper engine of its own.

Run as `./dev screenshots`: it trades with trouble at the venue for `--seconds`, with the page open
all the time, and writes the pictures to `docs/img/`. Needs playwright and the system's Chromium.
"""

import argparse
import shutil
import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from callboard.scenarios.venue.faults import Faults
from support.watched import Watched, story, watched

FOLDER = Path(__file__).parents[2] / "docs" / "img"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
FAULTS = Faults(connection_refused=0.13, http_503_internal=0.02)
"""So that some order is tried twice."""
ROUND_SECONDS = 3.0
DRAWN_MS = 700
"""For charts and panels to be drawn anew."""


def main() -> None:
    """Trade, look, and keep what was seen."""
    parser = argparse.ArgumentParser(description="Make the pictures of the docs.")
    parser.add_argument("--seconds", type=float, default=90.0, help="how long it trades before")
    parser.add_argument("--to", type=Path, default=FOLDER, help="where the pictures go")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("screenshots: chromium is not installed; on Debian: apt-get install chromium")
    options.to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, watched(Path(folder), faults=FAULTS) as engine:
        # By its name, so that types are checked where it is not installed, too.
        playwright: Any = import_module("playwright.sync_api")
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium)
            page = browser.new_page(viewport=DESK, color_scheme="light", reduced_motion="reduce")
            page.goto(engine.url)
            _trade(engine, page, options.seconds)
            _shoot(engine, page, options.to)
            browser.close()
    for picture in sorted(options.to.glob("dashboard-*.png")):
        print(f"{picture}  {picture.stat().st_size // 1024} kB")  # noqa: T201 - a command's answer


def _trade(engine: Watched, page: Any, seconds: float) -> None:
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        for signal in story(number):
            engine.tell(signal)
        page.wait_for_timeout(ROUND_SECONDS * 1_000)
        number += 1


def _shoot(engine: Watched, page: Any, folder: Path) -> None:
    _keep(page, folder / "dashboard-light.png")
    page.emulate_media(color_scheme="dark")
    _keep(page, folder / "dashboard-dark.png")
    page.goto(f"{engine.url}/#order={_told_of(page)}")
    page.wait_for_selector("#timeline .steps li")
    _keep(page, folder / "dashboard-timeline.png")
    page.goto(f"{engine.url}/#")
    page.set_viewport_size(PHONE)
    _keep(page, folder / "dashboard-phone.png")


def _told_of(page: Any) -> str:
    """Return the filled order that took the most attempts."""
    script = """async () => {
      const { orders } = await (await fetch("/api/execution/orders?status=all&limit=500")).json();
      const isEntry = (order) => /-e[0-9]+$/.test(order.client_order_id);
      const filled = orders.filter((order) => order.state === "FILLED" && isEntry(order));
      return filled.sort((a, b) => b.attempts - a.attempts)[0].client_order_id;
    }"""
    name: str = page.evaluate(script)
    return name


def _keep(page: Any, path: Path) -> None:
    page.wait_for_timeout(DRAWN_MS)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
