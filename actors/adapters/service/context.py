"""ServiceContext: what a face is given: the engine's link and events, settings, and a log."""

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from ....messages.codec import Codec
from ...runtime.hosting import LogSink
from ...settings import Settings
from .feed import FeedHub
from .keeper import Board
from .link import EngineLink


@frozen(eq=False)
class ServiceContext:
    """The surroundings of a face."""

    link: EngineLink
    hub: FeedHub
    data_dir: Path
    settings: Settings
    codec: Codec
    log: LogSink
    board: Board
    environ: Mapping[str, str] = field(factory=dict[str, str])
    """The environment, for secrets alone: everything else is a setting."""
