"""Fuzz API: schemathesis against the HTTP surface of a running paper engine, for minutes.

A command, since schemathesis lives in an environment of its own: beside the tests it would take
Hypothesis's counterexamples away. `python -m venv V && V/bin/pip install schemathesis`, then
`./dev run python tests/support/fuzz_api.py V/bin/schemathesis --seconds 300`. Ends with its code.
An order may be refused for reasons that no schema knows, so that a refusal is no finding; health
and readiness tell of a halt with 503, which is none either. The stream of events never ends, and is
left out.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.http_service import paper_service, paper_settings

HEALTH = "/(health|ready)$"
ENDLESS = "/events$"
PAUSE_SECONDS = 60


def main(arguments: list[str]) -> int:
    """Fuzz for so long; returns 0 when nothing was found."""
    parser = argparse.ArgumentParser(description="Fuzz the HTTP API.")
    parser.add_argument("schemathesis", help="the program, in an environment of its own")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        paper_service(Path(folder), paper_settings()) as api,
    ):
        common = [
            given.schemathesis,
            "run",
            f"http://127.0.0.1:{api.port}/openapi.json",
            f"--workers={given.workers}",
            "--continue-on-failure",
            "--request-timeout=30",
            "--no-color",
        ]
        surface = [
            f"--exclude-path-regex={HEALTH}|{ENDLESS}|/metrics$|/alerts$",
            "--exclude-checks=positive_data_acceptance",
            f"--max-time={given.seconds}",
        ]
        health = [
            f"--include-path-regex={HEALTH}",
            "--exclude-checks=not_a_server_error",
            f"--max-time={PAUSE_SECONDS}",
        ]
        codes = [
            subprocess.run([*common, *options], check=False).returncode
            for options in (surface, health)
        ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
