"""PytestPlugin: scenarios in anybody's test suite, by flags, a fixture and a summary.

Owns what pytest sees and nothing else: the fixture `callboard_run` brings the rest when a test
asks for it. Nothing of pytest is changed, and nothing of Callboard is imported without a use.
A test runs whole in one worker of pytest-xdist, so that its seeds are nobody else's.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .pytest_runs import Runs

KEY = "callboard"
"""Under this name a report carries what a test ran."""
ARTIFACTS = ".callboard"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags."""
    group = parser.getgroup("callboard", "scenarios")
    group.addoption(
        "--callboard-budget",
        metavar="N|TIME",
        help="seeds of each scenario test, as 500, or its time, as 30s, 5m or 1h",
    )
    group.addoption(
        "--callboard-first-seed",
        metavar="N",
        type=int,
        default=0,
        help="the seed to begin with (default: 0)",
    )
    group.addoption(
        "--callboard-artifacts",
        metavar="DIR",
        default=ARTIFACTS,
        help=f"where failing scenarios are saved (default: {ARTIFACTS})",
    )
    group.addoption(
        "--callboard-replay",
        metavar="FILE",
        help="run this saved scenario in place of drawn ones",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse flags that say nothing, before any test runs."""
    saved, budget = config.getoption("callboard_replay"), config.getoption("callboard_budget")
    if saved and not (config.invocation_params.dir / saved).is_file():
        raise pytest.UsageError(f"--callboard-replay: there is no file {saved}")
    if budget:
        from .families import budget_of

        try:
            budget_of(budget)
        except ValueError as error:
            raise pytest.UsageError(f"--callboard-budget: {error}") from None


def pytest_report_header(config: pytest.Config) -> str:
    """Say how scenarios are run."""
    saved = config.getoption("callboard_replay")
    if saved:
        return f"callboard: replay of {saved}"
    budget = config.getoption("callboard_budget") or "as each test says"
    first, folder = (config.getoption(f"callboard_{name}") for name in ("first_seed", "artifacts"))
    return f"callboard: budget {budget}, first seed {first}, artifacts in {folder}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what was run, in all workers."""
    ran = [
        dict(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for key, value in report.user_properties
        if key == KEY
    ]
    if not ran:
        return
    runs, steps = (sum(each[name] for each in ran) for name in ("runs", "steps"))
    terminalreporter.section("callboard")
    terminalreporter.line(f"scenario tests: {len(ran)}, runs: {runs:,}, steps: {steps:,}")
    for command in [each["command"] for each in ran if each["command"]]:
        terminalreporter.line(command)


@pytest.fixture
def callboard_run(request: pytest.FixtureRequest) -> "Runs":
    """Run the scenarios of an `ActorSystem`, or of the engine; fails with a script that repeats it.

    Called with what is to be run, and with `seeds` where the default is not wanted.
    """
    from .pytest_runs import Runs

    return Runs(request.node, request.config)
