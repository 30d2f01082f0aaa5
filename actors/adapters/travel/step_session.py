"""Step session: a person, or a script, steps through a recorded run one command a line.

Owns the commands and what each prints; where they come from and go to is the caller's. A line that
is no command is answered, never the end of the session.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click
from attrs import define, field

from ..record_lines import bare_tag, clock, fields_text, message_line, shortened, span
from .cursor import Cursor
from .state_tree import Mark, TreeLine, change_text, changed_paths, tree_lines
from .survey import Survey, TravelRefused
from .time_travel import Effect, EffectKind, ReplayedRecord

HELP = """\
  Enter, n [COUNT]   the next record, or the one COUNT further on
  p [COUNT]          the record before
  SEQ                the record of this sequence; + and - with a number move by so many
  a [NAME]           only this actor's records; without a name, everybody's
  c [CLIENT_ID]      only records that name this order; without an id, all
  d                  the next record that raised, or that today's code decides otherwise
  m                  the message, the facts and what was told, in full
  s [NAME]           the state of the record's actor, or of another, as a tree
  ? h                this
  q                  leave"""
CHANGES_SHOWN = 12
COLOURS = {Mark.ADDED: "green", Mark.REMOVED: "red", Mark.CHANGED: "yellow"}

Say = Callable[[str], None]


@define(eq=False)
class StepSession:
    """Answers commands about one run; `say` takes a line to show."""

    cursor: Cursor
    survey: Survey
    say: Say
    _is_over: bool = field(init=False, default=False)

    def run(self, commands: Iterable[str]) -> None:
        """Show the first record, then carry out commands until there are no more, or `q`."""
        self._show(self.cursor.here or self.cursor.forward())
        for line in commands:
            try:
                self._carry_out(line.strip())
            except TravelRefused as refused:
                self.say(click.style(str(refused), fg="red"))
            if self._is_over:
                return

    def _carry_out(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if word.isdigit():
            self._jump(int(word))
        elif word[:1] in "+-" and word[1:].isdigit():
            self._move(int(word[1:]) * (-1 if word[0] == "-" else 1))
        else:
            self._named(word, rest)

    def _named(self, word: str, rest: str) -> None:
        match word:
            case "" | "n":
                self._move(_count(rest))
            case "p":
                self._move(-_count(rest))
            case "a":
                self._filter(actor=rest, client_id=self.cursor.client_id)
            case "c":
                self._filter(actor=self.cursor.actor, client_id=rest)
            case "d":
                self._seek_trouble()
            case "m":
                self._show_whole()
            case "s":
                self._show_state(rest)
            case "q":
                self._is_over = True
            case "?" | "h":
                self.say(HELP)
            case _:
                self.say(f"{word} is no command; ? lists them")

    def _move(self, count: int) -> None:
        step = self.cursor.back if count < 0 else self.cursor.forward
        moved = None
        for _ in range(abs(count)):
            record = step()
            if record is None:
                break
            moved = record
        if moved is not None:
            self._show(moved)
        else:
            self.say("that is the first record" if count < 0 else "that was the last record")

    def _seek_trouble(self) -> None:
        """Go on to a record with an error or a difference, or stay."""
        here = self.cursor.here
        while (record := self.cursor.forward()) is not None:
            if record.error or record.divergences:
                self._show(record)
                return
        if here is not None:
            self.cursor.jump(here.sequence)
        self.say("no later record raised or differs")

    def _jump(self, sequence: int) -> None:
        self.survey.demand_record(sequence)
        record = self.cursor.jump(sequence)
        if record is None:
            self.say(f"there is no record {self._of_filter()}from {sequence} on")
        else:
            self._show(record)

    def _filter(self, *, actor: str, client_id: str) -> None:
        if actor:
            self.survey.demand_actor(actor)
        record = self.cursor.filter(actor=actor, client_id=client_id)
        if record is None:
            self.say("no record from here on is of that kind; nothing is changed")
        else:
            self._show(record)

    def _of_filter(self) -> str:
        words = (self.cursor.actor, self.cursor.client_id)
        return "".join(f"of {word} " for word in words if word)

    def _show(self, record: ReplayedRecord | None) -> None:
        if record is None:
            self.say("there is no record to show")
            return
        for line in step_lines(record):
            self.say(line)

    def _show_whole(self) -> None:
        record = self.cursor.here
        for line in () if record is None else whole_lines(record):
            self.say(line)

    def _show_state(self, name: str) -> None:
        record = self.cursor.here
        if record is None:
            return
        actor = name or record.actor
        if not actor:
            raise TravelRefused("a snapshot is nobody's; name an actor, as in: s risk_gate")
        self.survey.demand_actor(actor)
        for line in state_lines(record, actor):
            self.say(line)


def step_lines(record: ReplayedRecord) -> Iterator[str]:
    """Yield what a step did, shortly."""
    yield ""
    head = f"{click.style(f'{record.sequence:>8}', bold=True)} {clock(record.now_ns)} "
    if record.is_snapshot:
        count = len(record.recorded["states"])
        yield f"{head} {click.style('snapshot', fg='cyan')} of {count} actors"
        return
    sender = f"  from {record.sender}" if record.sender else ""
    told = message_line(record.recorded["msg"])
    yield f"{head} {click.style(record.actor, bold=True)}{sender}  {told}"
    if record.error:
        yield _line("raised", click.style(record.error, fg="red"))
    for fact in record.recorded.get("facts", ()):
        yield _line("fact", message_line(fact))
    for effect in record.effects:
        yield _line(effect.kind.value, _effect_text(effect))
    changes = list(changed_paths(*_trees(record, record.actor)))
    for path, old, new in changes[:CHANGES_SHOWN]:
        text = shortened(change_text(old, new))
        yield _line("state", f"{path}: {click.style(text, fg='yellow')}")
    if len(changes) > CHANGES_SHOWN:
        yield _line("state", f"and {len(changes) - CHANGES_SHOWN} more changes; s shows them")
    for each in record.divergences:
        yield _line(
            click.style("differs", fg="red", bold=True),
            f"{each.field}: recorded {each.recorded}, computed {each.computed}",
        )


def whole_lines(record: ReplayedRecord) -> Iterator[str]:
    """Yield message and facts of a step with all their fields."""
    for title, message in (
        ("message", record.recorded.get("msg")),
        *(("fact", fact) for fact in record.recorded.get("facts", ())),
    ):
        if message is not None:
            yield _line(title, f"{bare_tag(message)}  {fields_text(message)}")
    for effect in record.effects:
        told = "" if effect.message is None else fields_text(record.tree(effect.message))
        yield _line(effect.kind.value, f"{_effect_text(effect)}  {told}")


def state_lines(record: ReplayedRecord, actor: str, *, full: bool = False) -> Iterator[str]:
    """Yield an actor's state around a record as a tree, differences marked."""
    before, after = _trees(record, actor)
    for line in tree_lines(before, after, full=full):
        yield styled(line)


def styled(line: TreeLine) -> str:
    """Return a line of a tree in the colour of its mark."""
    colour = COLOURS.get(line.mark)
    return click.style(str(line), fg=colour) if colour else str(line)


def _trees(record: ReplayedRecord, actor: str) -> tuple[Any, Any]:
    after = record.tree(record.state(actor))
    if actor != record.actor or not record.facts:
        return after, after
    return record.tree(record.state_before(actor)), after


def _effect_text(effect: Effect) -> str:
    name = "" if effect.message is None else type(effect.message).__name__.lstrip("_")
    match effect.kind:
        case EffectKind.TIMER:
            return f"{effect.to}  {name} in {span(effect.delay_ns)}"
        case EffectKind.TELL:
            return f"{effect.to}  {name}{'  urgent' * effect.urgent}"
        case _:
            return f"{effect.to}  {name}".rstrip()


def _line(title: str, text: str) -> str:
    return f"         {title:<8} {text}".rstrip()


def _count(text: str) -> int:
    if not text:
        return 1
    if not text.isdigit() or int(text) < 1:
        raise TravelRefused(f"{text} is no number of records")
    return int(text)
