"""docs/venue.md: what it shows runs as it stands, at a venue on other ports."""

import json
import re
import shutil
import subprocess
import sys

import pytest

import source_tree as project
from callboard.scenarios.venue.server.wire_faults import WireFault
from support.venue_servers import served

TEXT = (project.ROOT / "docs/venue.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
SHELL = re.findall(r"^(curl .*)$", TEXT, re.MULTILINE)


def test_its_python_and_its_curl_lines_run_in_their_order() -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl on this machine")
    server = served()
    with server:

        def here(text: str) -> str:
            return text.replace("7700", str(server.port)).replace("7701", str(server.control_port))

        shown = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", here("\n".join(PYTHON))],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        told = [
            subprocess.run(
                ["/bin/sh", "-c", here(line)], capture_output=True, timeout=60, check=True
            )
            for line in SHELL
        ]

    assert shown.stdout.startswith("FILLED [{")
    bodies = [json.loads(each.stdout) for each in told]
    assert ["FILLED", "BTCUSDT"] == [bodies[1]["status"], bodies[2][0]["symbol"]]
    assert [] == [body for body in bodies if "error" in body or "code" in body]


def test_it_names_every_fault_of_the_wire() -> None:
    assert [] == [fault for fault in WireFault if f"`{fault.value}`" not in TEXT]
