"""Collector: the command line, and nothing else, spares the garbage collector."""

import gc

from callboard.scenarios.commands import spare_the_collector


def test_what_stands_before_a_run_is_taken_from_the_garbage_collector() -> None:
    frozen = gc.get_freeze_count()

    spare_the_collector()

    standing = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen < standing
