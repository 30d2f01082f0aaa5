"""AlertBook: the alerts of an engine: pending, firing, resolved, and who was told of what.

Owns the life of an alert, one for a rule and a subject. It fires once and is told once, however
often it is said again; what fires again within `cool_down_ms` of its end is told only if it still
does afterwards; what fires on is told again every `repeat_ms`. An end is told of what was told. Of
a rule that is silenced nothing is told until then; what fires still is told afterwards.
Bound: `ALERTS_MAX`, the oldest resolved go first. Time is given, by whoever has a clock. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from ....messages.values import Severity
from .growth import Growth
from .notices import Notice, State
from .occurrences import OTHER, Occurrence
from .rules import RISES, FigureOf, Rule, RuleSet

ALERTS_MAX = 1_000

Key = tuple[str, str]


@frozen
class Alert:
    """One alert."""

    rule: str
    subject: str
    state: State
    severity: Severity
    value: str
    since_ms: int
    """When it began to be so."""
    seen_ms: int
    """When it was last so, or said."""
    count: int = 1
    """How often it was said, or began to fire."""
    resolved_ms: int = 0
    told_ms: int | None = None
    """When people were last told that it fires; None while they are not."""
    end_told_ms: int | None = None
    """When people were last told that it was over; None for never."""


@define(eq=False)
class AlertBook:
    """The alerts under a set of rules; not for several threads."""

    rules: RuleSet
    cool_down_ms: int
    repeat_ms: int
    """0 tells nothing twice."""
    mode: str = ""
    engine: str = ""
    silences: Mapping[str, int] = field(factory=dict[str, int])
    """Rule -> until when nobody is told that it fires, ms of the wall."""
    alerts: dict[Key, Alert] = field(factory=dict[Key, Alert])
    _growths: dict[str, Growth] = field(init=False, factory=dict[str, Growth])

    def look(self, figure_of: FigureOf, now_ms: int) -> list[Notice]:
        """Judge every figure, and what time alone changes; return what people must be told."""
        for rule in self.rules.conditions:
            self._judge(rule, figure_of, now_ms)
        for alert in list(self.alerts.values()):
            if alert.state is State.FIRING and self._is_quiet(alert, now_ms):
                self._resolve(alert, alert.value, now_ms)
        return list(self._told(now_ms))

    def hear(self, said: Occurrence, figure_of: FigureOf, now_ms: int) -> list[Notice]:
        """Take what the engine said; return what people must be told."""
        ended, begun = self.rules.ended_by(said.names), self.rules.begun_by(said.names)
        if not (ended or begun or said.is_alert):
            return []
        for alert in [each for rule in ended for each in self._ended(rule, said)]:
            self._resolve(alert, said.text or alert.value, now_ms)
        for rule in begun:
            if rule.allows(figure_of):
                self._fire(rule, said.subject, said.text, said.severity, now_ms)
        if said.is_alert and not ended and not begun:
            for rule in self.rules.begun_by((OTHER,)):
                subject = f"{said.names[0]} {said.subject}".strip()
                self._fire(rule, subject, said.text, said.severity, now_ms)
        return list(self._told(now_ms))

    def listed(self) -> list[dict[str, Any]]:
        """Return every alert for people, those that fire first, the latest first."""
        order = (State.FIRING, State.PENDING, State.RESOLVED)
        alerts = sorted(
            self.alerts.values(), key=lambda each: (order.index(each.state), -each.seen_ms)
        )
        return [self._json(alert) for alert in alerts]

    def kept(self) -> list[dict[str, Any]]:
        """Return what a restart must know."""
        return [asdict(alert, value_serializer=_plain) for alert in self.alerts.values()]

    def restore(self, kept: Sequence[Mapping[str, Any]]) -> None:
        """Take over what an earlier life knew; an alert whose rule is gone is forgotten.

        Raises `KeyError`, `TypeError` and `ValueError` for what no life has written.
        """
        for each in kept:
            alert = _alert_of(each)
            if self.rules.named(alert.rule) is not None:
                self.alerts[alert.rule, alert.subject] = alert

    def _ended(self, rule: Rule, said: Occurrence) -> list[Alert]:
        """Return what ends: what fires about the same subject; about none in particular, all."""
        firing = [each for each in self.alerts.values() if each.state is State.FIRING]
        mine = [each for each in firing if each.rule == rule.name]
        names = (said.subject, *said.also)
        return [each for each in mine if not said.subject or each.subject in names]

    def _judge(self, rule: Rule, figure_of: FigureOf, now_ms: int) -> None:
        found = self._found(rule, figure_of, now_ms)
        is_so = rule.is_so(found, figure_of)
        alert = self.alerts.get((rule.name, ""))
        if is_so is None:
            # Nobody knows: what fires goes on, and what was about to begins anew.
            self._forget_pending(alert)
        elif is_so:
            self._holds(rule, "" if found is None else _figure(found), alert, now_ms)
        elif alert is not None and alert.state is State.FIRING:
            self._resolve(alert, "" if found is None else _figure(found), now_ms)
        else:
            self._forget_pending(alert)

    def _found(self, rule: Rule, figure_of: FigureOf, now_ms: int) -> Decimal | None:
        """Return the figure of a rule, or how much it grew."""
        assert rule.condition is not None, "only such rules are judged"
        found = figure_of(rule.condition.figure)
        if found is None or rule.condition.op != RISES:
            return found
        growth = self._growths.setdefault(rule.name, Growth(rule.for_ms))
        return growth.note(found, now_ms)

    def _holds(self, rule: Rule, value: str, alert: Alert | None, now_ms: int) -> None:
        if alert is None or alert.state is State.RESOLVED:
            self._begin(rule, value, alert, now_ms)
            alert = self.alerts[rule.name, ""]
        self._keep(evolve(alert, value=value, seen_ms=now_ms))
        if alert.state is State.PENDING and now_ms - alert.since_ms >= rule.waits_ms:
            self._keep(evolve(alert, state=State.FIRING, value=value, seen_ms=now_ms))

    def _begin(self, rule: Rule, value: str, before: Alert | None, now_ms: int) -> None:
        severity = rule.severity or Severity.WARNING
        alert = Alert(rule.name, "", State.PENDING, severity, value, now_ms, now_ms)
        self._keep(_after(before, alert))

    def _forget_pending(self, alert: Alert | None) -> None:
        if alert is not None and alert.state is State.PENDING:
            if alert.end_told_ms is not None:
                # When its end was told must be remembered for the cool-down.
                self._keep(evolve(alert, state=State.RESOLVED))
            else:
                del self.alerts[alert.rule, alert.subject]

    def _fire(self, rule: Rule, subject: str, text: str, said: Severity, now_ms: int) -> None:
        before = self.alerts.get((rule.name, subject))
        if before is not None and before.state is State.FIRING:
            self._keep(evolve(before, value=text, seen_ms=now_ms, count=before.count + 1))
            return
        severity = rule.severity or said
        alert = Alert(rule.name, subject, State.FIRING, severity, text, now_ms, now_ms)
        self._keep(_after(before, alert))

    def _is_quiet(self, alert: Alert, now_ms: int) -> bool:
        rule = self.rules.named(alert.rule)
        assert rule is not None, "an alert without a rule is forgotten"
        return 0 < rule.quiet_ms <= now_ms - alert.seen_ms

    def _resolve(self, alert: Alert, value: str, now_ms: int) -> None:
        self._keep(evolve(alert, state=State.RESOLVED, value=value, resolved_ms=now_ms))

    def _told(self, now_ms: int) -> Iterator[Notice]:
        """Yield what is due, and note that it was said."""
        for alert in list(self.alerts.values()):
            if alert.state is State.FIRING and self._is_due(alert, now_ms):
                yield self._notice(alert, now_ms, is_repeated=alert.told_ms is not None)
                self._keep(evolve(alert, told_ms=now_ms))
            elif alert.state is State.RESOLVED and alert.told_ms is not None:
                yield self._notice(alert, now_ms)
                self._keep(evolve(alert, told_ms=None, end_told_ms=now_ms))

    def _is_due(self, alert: Alert, now_ms: int) -> bool:
        if now_ms < self.silences.get(alert.rule, 0):
            return False
        if alert.told_ms is not None:
            return 0 < self.repeat_ms <= now_ms - alert.told_ms
        return alert.end_told_ms is None or now_ms - alert.end_told_ms >= self.cool_down_ms

    def _notice(self, alert: Alert, now_ms: int, *, is_repeated: bool = False) -> Notice:
        rule = self.rules.named(alert.rule)
        assert rule is not None, "an alert without a rule is forgotten"
        return Notice(
            notice_id=f"{alert.rule}/{alert.subject}/{alert.since_ms}/{alert.state.value}/{now_ms}",
            rule=alert.rule,
            subject=alert.subject,
            state=alert.state,
            severity=alert.severity,
            text=rule.text,
            value=alert.value,
            limit="" if rule.condition is None else str(rule.condition),
            since_ms=alert.since_ms,
            at_ms=now_ms,
            is_repeated=is_repeated,
            mode=self.mode,
            engine=self.engine,
        )

    def _json(self, alert: Alert) -> dict[str, Any]:
        rule = self.rules.named(alert.rule)
        return {
            "rule": alert.rule,
            "subject": alert.subject,
            "state": alert.state.value,
            "severity": alert.severity.value,
            "text": "" if rule is None else rule.text,
            "value": alert.value,
            "limit": "" if rule is None or rule.condition is None else str(rule.condition),
            "since_ms": alert.since_ms,
            "seen_ms": alert.seen_ms,
            "resolved_ms": alert.resolved_ms or None,
            "count": alert.count,
            "told": alert.told_ms is not None,
            "silenced_until_ms": self.silences.get(alert.rule),
        }

    def _keep(self, alert: Alert) -> None:
        self.alerts[alert.rule, alert.subject] = alert
        if len(self.alerts) > ALERTS_MAX:
            over = [each for each in self.alerts.values() if each.state is State.RESOLVED]
            oldest = min(over or self.alerts.values(), key=lambda each: each.seen_ms)
            del self.alerts[oldest.rule, oldest.subject]


def _after(before: Alert | None, alert: Alert) -> Alert:
    """Return an alert that begins anew, with what is remembered of its earlier life."""
    if before is None:
        return alert
    return evolve(alert, count=before.count + 1, end_told_ms=before.end_told_ms)


def _alert_of(kept: Mapping[str, Any]) -> Alert:
    known: dict[str, Any] = dict(kept)
    known["state"], known["severity"] = State(known["state"]), Severity(known["severity"])
    return Alert(**known)


def _figure(found: Decimal) -> str:
    return f"{found.normalize():f}"


def _plain(_instance: object, _attribute: object, value: Any) -> Any:
    return value.value if isinstance(value, State | Severity) else value
