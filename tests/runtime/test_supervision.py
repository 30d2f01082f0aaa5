"""Supervision: who is rebuilt, when, and with which message."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.runtime.supervision import (
    SECOND_NS,
    Decision,
    FailureLog,
    Group,
    Strategy,
    decide,
    leaves,
    parent_of,
    recent_failures,
    worst_case_restarts,
)

TREE = (
    Group("root", Strategy.ONE_FOR_ALL, ("infra", "trading"), intensity=1),
    Group("infra", Strategy.ONE_FOR_ONE, ("clock", "journal"), intensity=2),
    Group(
        "trading",
        Strategy.REST_FOR_ONE,
        ("gate", "bucket", "queue"),
        intensity=2,
        backoff_base_ns=SECOND_NS,
        backoff_cap_ns=3 * SECOND_NS,
        redeliver=False,
    ),
)


class Memory:
    """A failure log that remembers what was decided, as the supervisor's facts do."""

    def __init__(self) -> None:
        self.log = FailureLog()

    def fail(self, actor: str, message_id: str = "1.0", now: int = 0) -> Decision:
        """Decide about a failure and remember it."""
        decision = decide(TREE, self.log, actor=actor, message_id=message_id, now=now)
        for group, at in decision.failures:
            self.log.times.setdefault(group, []).append(at)
        self.log.poison[actor] = message_id
        return decision


def test_one_for_one_rebuilds_the_child_that_failed() -> None:
    decision = Memory().fail("journal")

    assert Decision(("journal",), 0, redeliver=True, halted=False, failures=(("infra", 0),)) == (
        decision
    )


def test_rest_for_one_rebuilds_the_child_and_those_started_later() -> None:
    decision = Memory().fail("bucket")

    assert ("bucket", "queue") == decision.actors


def test_one_for_all_rebuilds_every_leaf_below_the_group() -> None:
    memory = Memory()
    for message in ("1.0", "2.0"):
        memory.fail("journal", message)

    decision = memory.fail("journal", "3.0")

    assert ("clock", "journal", "gate", "bucket", "queue") == decision.actors
    assert (("infra", 0), ("root", 0)) == decision.failures


def test_failures_beyond_every_window_halt() -> None:
    memory = Memory()
    decisions = [memory.fail("journal", f"{number}.0") for number in range(4)]

    assert [False, False, False, True] == [each.halted for each in decisions]
    assert () == decisions[-1].actors


def test_failures_outside_the_window_do_not_count() -> None:
    memory = Memory()

    decisions = [
        memory.fail("journal", f"{number}.0", now=number * 61 * SECOND_NS) for number in range(20)
    ]

    assert {("journal",)} == {each.actors for each in decisions}


def test_a_message_that_fails_twice_is_not_delivered_a_third_time() -> None:
    memory = Memory()

    decisions = [memory.fail("journal", "7.0") for _ in range(2)]

    assert [True, False] == [each.redeliver for each in decisions]


def test_a_group_may_forbid_redelivery() -> None:
    assert not Memory().fail("gate").redeliver


def test_the_wait_doubles_with_each_failure_up_to_its_cap() -> None:
    group = Group("g", Strategy.ONE_FOR_ONE, ("a",), 9, backoff_base_ns=1, backoff_cap_ns=5)
    log = FailureLog()

    delays: list[int] = []
    for number in range(5):
        decision = decide((group,), log, actor="a", message_id=str(number), now=number)
        log.times.setdefault("g", []).append(number)
        delays.append(decision.delay_ns)

    assert [1, 2, 4, 5, 5] == delays


def test_an_actor_outside_the_tree_halts() -> None:
    decision = Memory().fail("stranger")

    assert (True, ()) == (decision.halted, decision.actors)


def test_the_worst_case_is_the_product_of_the_levels() -> None:
    assert (2 + 1) * (1 + 1) == worst_case_restarts(TREE, "journal")


def test_the_tree_knows_parents_and_leaves() -> None:
    parent = parent_of(TREE, "gate")

    assert parent is not None
    assert "trading" == parent.name
    assert None is parent_of(TREE, "root")
    assert ("gate", "bucket", "queue") == leaves(TREE, "trading")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["clock", "journal", "gate", "bucket", "queue"]),
            st.integers(0, 30 * SECOND_NS),
        ),
        max_size=40,
    )
)
def test_no_group_decides_more_often_than_its_window_allows(
    failures: list[tuple[str, int]],
) -> None:
    memory = Memory()
    restarts: dict[str, list[int]] = {}
    now = 0

    for number, (actor, pause) in enumerate(failures):
        now += pause
        decision = memory.fail(actor, f"{number}.0", now)
        if not decision.halted:
            decider = decision.failures[-1][0]
            restarts.setdefault(decider, []).append(now)
            assert actor in decision.actors

    for group in TREE:
        times = restarts.get(group.name, [])
        for at in times:
            inside = [each for each in times if at - group.period_ns < each <= at]
            assert len(inside) <= group.intensity


@given(st.lists(st.integers(0, 200 * SECOND_NS), max_size=20), st.integers(0, 200 * SECOND_NS))
def test_recent_failures_are_those_younger_than_the_period(times: list[int], now: int) -> None:
    log = FailureLog(times={"infra": times})

    recent = recent_failures(log, TREE[1], now)

    assert [at for at in times if now - at < 60 * SECOND_NS] == recent
