"""View: one picture of the running demo, made to fit the terminal.

Owns what is shown where: the story on top, then positions, orders and actors, then the last lines.
It reads what the watch saw and changes nothing. Below `WIDTH_MIN` by `HEIGHT_MIN` there is no room
for it, and the demo speaks in plain lines.
"""

from rich.console import RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ...messages.values import TradingState
from .narrator import Tone
from .story import END_MS, SLOW_PACE, Trouble, pace
from .tables import ACTORS, Frame, actors, orders, panel, positions
from .wire import MINUTE_NS, MS_NS, TEN_SECONDS_NS

WIDTH_MIN, HEIGHT_MIN = 76, 22
WEIGHT_MAX, ORDERS_MAX = 2400, 300
BAR = 10
POSITIONS_HEIGHT = 7
NOW_HEIGHT = 4
ACTORS_WIDTH = 35
FRAME = 2
HEADING = 1

STYLES: dict[Tone, str] = {
    Tone.STORY: "bold",
    Tone.PLAIN: "",
    Tone.BAD: "bold yellow",
    Tone.GOOD: "green",
}
SHORT: dict[Trouble, str] = {
    Trouble.ANSWER_LOST: "lost answer",
    Trouble.STOP_LOST: "lost stop",
    Trouble.ACTOR_CRASH: "actor crash",
    Trouble.RATE_LIMITED: "429",
}


def picture(frame: Frame) -> RenderableType:
    """Return the whole picture."""
    rest = frame.height - 2 - NOW_HEIGHT - POSITIONS_HEIGHT
    middle = max(FRAME + HEADING + 3, min(rest // 2 + 1, FRAME + HEADING + len(ACTORS)))
    events = rest - middle
    layout = Layout()
    layout.split_column(
        Layout(_header(frame), size=1),
        Layout(_budget(frame), size=1),
        Layout(_now(frame), size=NOW_HEIGHT),
        Layout(positions(frame), size=POSITIONS_HEIGHT),
        Layout(name="middle", size=middle),
        Layout(_events(frame, events - FRAME), size=events),
    )
    rows = middle - FRAME - HEADING
    layout["middle"].split_row(
        Layout(orders(frame, rows)), Layout(actors(frame, rows), size=ACTORS_WIDTH)
    )
    return layout


def clock(at_ms: int) -> str:
    """Return a time of the demo, in seconds."""
    return f"{at_ms / 1000:6.2f}"


def _header(frame: Frame) -> RenderableType:
    at_ms = frame.watch.now_ms
    left = Text.assemble(
        (" CALLBOARD ", "bold white on blue"),
        " paper trading, simulated exchange, no network",
    )
    is_slow = pace(at_ms) == SLOW_PACE
    speed = ("slow motion", "bold magenta") if is_slow else (f"of {END_MS // 1000} s", "")
    return _spread(left, Text.assemble(f"{at_ms / 1000:.2f} s ", speed, " "))


def _budget(frame: Frame) -> RenderableType:
    watch = frame.watch
    now_ns = watch.engine.simulation.now_ns
    weight = watch.wire.weight.at(now_ns, MINUTE_NS)
    placed = watch.wire.orders.at(now_ns, TEN_SECONDS_NS)
    state = None if watch.status is None else watch.status.trading_state
    left = Text.assemble(
        " trading ",
        _state_of_trading(state),
        f"  weight {_bar(weight, WEIGHT_MAX)} {weight}/{WEIGHT_MAX}",
        f"  orders {placed}/{ORDERS_MAX}  ",
        _limiter(watch.paused_until_ns - now_ns),
    )
    return _spread(left, Text(f"seed {frame.seed} ", "dim"))


def _state_of_trading(state: TradingState | None) -> Text:
    if state is None:
        return Text("starting", "yellow")
    return Text(state.value, "bold green" if state is TradingState.ACTIVE else "bold red")


def _limiter(pause_ns: int) -> Text:
    if pause_ns <= 0:
        return Text("limiter open", "green")
    return Text(f" PAUSED {pause_ns // MS_NS / 1000:.1f} s ", "bold black on yellow")


def _now(frame: Frame) -> RenderableType:
    chapter = frame.watch.chapter
    lines = [line for line in frame.watch.lines if line.tone is not Tone.PLAIN]
    body = Text(chapter.text, "bold", no_wrap=True, overflow="ellipsis")
    if lines and lines[-1].text != chapter.text:
        body.append(f"\n→ {lines[-1].text}", STYLES[lines[-1].tone])
    else:
        body.append(f"\n{chapter.hint}", "dim")
    number = 0 if chapter.trouble is None else list(Trouble).index(chapter.trouble) + 1
    title = f"TROUBLE {number} of {len(Trouble)}" if number else "NOW"
    style = "yellow" if number and chapter.trouble not in frame.overcome else "green"
    return Panel(
        body,
        title=f"[bold]{title}[/]",
        subtitle=_progress(frame),
        title_align="left",
        subtitle_align="right",
        border_style=style,
    )


def _progress(frame: Frame) -> Text:
    parts: list[Text] = []
    for trouble in Trouble:
        if trouble in frame.overcome:
            parts.append(Text(f"✓ {SHORT[trouble]}", "bold green"))
        elif trouble in frame.watch.begun:
            parts.append(Text(f"▶ {SHORT[trouble]}", "bold yellow"))
        else:
            parts.append(Text(f"· {SHORT[trouble]}", "dim"))
    return Text("   ").join(parts)


def _events(frame: Frame, rows: int) -> RenderableType:
    text = Text(no_wrap=True, overflow="ellipsis")
    for line in frame.watch.lines[-max(rows, 1) :]:
        text.append(f"{clock(line.at_ms)}  ", "dim")
        text.append(f"{line.text}\n", STYLES[line.tone])
    text.rstrip()
    return panel(text, "WHAT HAPPENED")


def _spread(left: Text, right: Text) -> Table:
    table = Table.grid(expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, right)
    return table


def _bar(used: int, limit: int) -> str:
    full = min(BAR, -(-used * BAR // limit))
    return "▰" * full + "▱" * (BAR - full)
