"""Stores: what stands in a trade store, and a chaotic run that one follows while it goes on."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

from attrs import define, evolve, field

from callboard.actors.adapters.records.store_schema import FILE
from callboard.actors.adapters.records.trade_store import TradeStore
from callboard.actors.adapters.records.view import View, ViewKeeper
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.system import make_codec
from callboard.scenarios.chaos import Run
from callboard.scenarios.drawn import drawn
from callboard.scenarios.paper import run
from callboard.scenarios.running.market import seeded
from callboard.scenarios.workload import EngineCrash, Workload
from support.paper_runs import START_MS, SYMBOL, options

DAY_MS = 86_400_000
STEPS_PER_LOOK = 40
SIGNALS_MIN = 8

Tables = dict[str, list[tuple[object, ...]]]


def crashing(seed: int) -> Workload:
    """Return the first busy workload from a seed on, with an engine that also crashes twice."""
    busy = (each for each in map(drawn, count(seed)) if len(each.signals) >= SIGNALS_MIN)
    crashes = (EngineCrash(20_000, 2_000, torn=True), EngineCrash(26_000, 500, torn=False))
    return evolve(next(busy), engine_crashes=crashes)


def run_over_midnight(folder: Path) -> None:
    """Run for some minutes around 00:00 UTC, with a position over it that pays funding."""
    midnight_ms = START_MS - START_MS % DAY_MS + DAY_MS
    begin_ms = midnight_ms - 30_000
    wishes = [
        {
            "signal_id": f"s{number}",
            "at_ms": begin_ms + 10_000 + 30_000 * number,
            "signal": ("LONG_ENTRY", "CLOSE_LONG")[number % 2],
            "symbol": SYMBOL,
            "confidence": "0.9",
            "model_version": "m7",
        }
        for number in range(4)
    ]
    market = seeded((SYMBOL,), seed=7, start_ns=begin_ms * 1_000_000)
    run(evolve(options(folder, wishes), market=market, for_ns=150_000_000_000))


def tables(path: Path) -> Tables:
    """Return every row of every table of a store, the views included."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            )
        ]
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608
            for name in names
        }


def column(path: Path, select: str, *values: object) -> list[object]:
    """Return the first column of a query's rows."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(select, values)]


@define(eq=False)
class Followed:
    """A chaotic run whose journal views follow, looking every so many steps of the core."""

    run: Run
    keepers: list[ViewKeeper]
    notes: list[str] = field(factory=list[str])
    _steps: int = field(init=False, default=0)

    @staticmethod
    def of(workload: Workload, make_views: Callable[[Run], list[View]]) -> "Followed":
        """Return a run that is not begun."""
        run = Run(workload, is_thorough=False)
        followed = Followed(run, [ViewKeeper(view) for view in make_views(run)])
        checked = run.engine.on_step
        assert checked is not None

        def look(cell: Cell, envelope: Envelope) -> None:
            checked(cell, envelope)
            followed.step()

        run.engine.on_step = look
        return followed

    def step(self) -> None:
        """Count a step; look, when it is time to."""
        self._steps += 1
        if self._steps % STEPS_PER_LOOK == 0:
            self.look(1)

    def look(self, chunks_max: int) -> None:
        """Let every view advance."""
        for keeper in self.keepers:
            look = keeper.look(chunks_max)
            self.notes += [*look.notes, *([look.failed] if look.failed else [])]

    def finish(self) -> None:
        """Run to the end, stop the engine in order and let the views take the rest."""
        self.run.run()
        self.run.engine.stop()
        self.look(1_000_000)
        for keeper in self.keepers:
            keeper.close()


def store_of(folder: Path) -> Callable[[Run], list[View]]:
    """Return what makes the store of a run in a folder."""

    def make(run: Run) -> list[View]:
        assert run.engine.disk is not None
        return [TradeStore(folder / FILE, run.engine.disk, make_codec())]

    return make
