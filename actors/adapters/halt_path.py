"""Halt path: whether people can halt a running engine, asked the way that they would.

Owns the question and its patience. A mode that must be haltable needs a data directory, and its
engine must answer a command that is laid there before its starter gets it into his hands.
"""

from pathlib import Path

from ..policies.mode_rules import MODES
from ..settings import Settings
from .modes import ModeRefused
from .spool import NotRunning, Order, new_order_id, send

ANSWER_SECONDS = 30.0
"""A first look at a journal on a slow disk may take a while."""
NO_FOLDER = "it has no data directory, and its commands are how people halt it"


def check_folder(settings: Settings, data_dir: Path | None) -> None:
    """Refuse a mode that must be haltable without a folder for it; raises `ModeRefused`."""
    if MODES[settings.mode].is_guarded and data_dir is None:
        raise ModeRefused(settings.mode, (NO_FOLDER,))


def check_answer(
    settings: Settings, data_dir: Path | None, *, timeout_seconds: float = ANSWER_SECONDS
) -> None:
    """Refuse a mode that must be haltable if its running engine answers nobody.

    Raises `ModeRefused`.
    """
    if not MODES[settings.mode].is_guarded or data_dir is None:
        return
    question = Order(new_order_id(), "status", by="start")
    try:
        answer = send(data_dir, question, timeout_seconds=timeout_seconds)
    except NotRunning as error:
        reason = f"its halt path does not answer: {error}"
        raise ModeRefused(settings.mode, (reason,)) from error
    if not answer.get("ok"):
        reason = f"its halt path answers {answer.get('reason', 'nothing')}"
        raise ModeRefused(settings.mode, (reason,))
