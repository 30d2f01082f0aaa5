"""Error table: every documented code, status and phase, against a second table made by hand.

The expected table is in the order of the venue's page, the table under test in the order of the
kinds, so that a slip of the pen in one does not repeat itself in the other.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.error_codes import CODES, KINDS
from callboard.actors.policies.error_table import classify
from callboard.messages.values import (
    ErrorKind,
    ErrorType,
    Operation,
    Outcome,
    Phase,
    Severity,
)

OUTCOME_OF_KIND = {
    "OVERLOAD": "NOT_EXECUTED",
    "RATE_LIMITED": "NOT_EXECUTED",
    "ORDER_LIMITED": "NOT_EXECUTED",
    "CLOCK": "NOT_EXECUTED",
    "UNKNOWN_OUTCOME": "UNKNOWN",
    "DUPLICATE_ID": "EXISTS",
    "ALREADY_SO": "DONE",
}

# One line a run of codes: the codes in the order of the page, then the kind.
EXPECTED_TEXT = """
-1000 -1001 UNKNOWN_OUTCOME
-1002 AUTH
-1003 RATE_LIMITED
-1004 INVALID
-1005 AUTH
-1006 -1007 UNKNOWN_OUTCOME
-1008 OVERLOAD
-1010 UNKNOWN_OUTCOME
-1011 AUTH
-1013 -1014 INVALID
-1015 ORDER_LIMITED
-1016 UNKNOWN_OUTCOME
-1020 INVALID
-1021 CLOCK
-1022 -1023 INVALID
-1099 AUTH
-1100 -1101 -1102 -1103 -1104 -1105 INVALID
-1106 MODE_MISMATCH
-1108 -1109 -1110 INVALID
-1111 STALE_FILTERS
-1112 MARKET_REFUSAL
-1113 -1114 -1115 -1116 -1117 -1118 -1119 -1120 INVALID
-1121 STALE_FILTERS
-1122 SYMBOL_RESTRICTED
-1125 STATE_CONFLICT
-1126 -1127 -1128 -1130 -1136 INVALID
-2010 MARKET_REFUSAL
-2011 CANCEL_REFUSED
-2012 UNKNOWN_OUTCOME
-2013 NOT_FOUND
-2014 -2015 AUTH
-2016 SYMBOL_RESTRICTED
-2017 AUTH
-2018 -2019 NO_MARGIN
-2020 MARKET_REFUSAL
-2021 WOULD_TRIGGER
-2022 REDUCE_ONLY_REFUSED
-2023 LIQUIDATION
-2024 REDUCE_ONLY_REFUSED
-2025 TOO_MANY_OPEN
-2026 REDUCE_ONLY_REFUSED
-2027 -2028 NO_MARGIN
-4000 STATE_CONFLICT
-4001 INVALID
-4002 STALE_FILTERS
-4003 INVALID
-4004 -4005 STALE_FILTERS
-4006 INVALID
-4007 STALE_FILTERS
-4008 -4009 -4010 -4011 -4012 INVALID
-4013 -4014 STALE_FILTERS
-4015 INVALID
-4016 STALE_FILTERS
-4017 -4018 -4019 -4020 -4021 INVALID
-4022 SYMBOL_RESTRICTED
-4023 -4024 STALE_FILTERS
-4025 -4026 -4027 -4028 -4029 -4030 -4031 -4032 -4033 INVALID
-4044 INVALID
-4045 TOO_MANY_OPEN
-4046 ALREADY_SO
-4047 -4048 STATE_CONFLICT
-4049 INVALID
-4050 -4051 NO_MARGIN
-4052 ALREADY_SO
-4053 -4054 -4055 INVALID
-4056 -4057 AUTH
-4058 INVALID
-4059 ALREADY_SO
-4060 -4061 MODE_MISMATCH
-4062 REDUCE_ONLY_REFUSED
-4063 -4064 -4065 -4066 INVALID
-4067 -4068 STATE_CONFLICT
-4069 -4070 -4071 -4072 -4073 -4074 -4075 -4076 -4077 -4078 -4079 -4080 -4081 INVALID
-4082 INVALID
-4083 UNKNOWN_OUTCOME
-4084 -4085 -4086 INVALID
-4087 -4088 ACCOUNT_RESTRICTED
-4104 INVALID
-4109 ACCOUNT_RESTRICTED
-4112 REDUCE_ONLY_REFUSED
-4114 -4115 INVALID
-4116 DUPLICATE_ID
-4117 STATE_CONFLICT
-4118 REDUCE_ONLY_REFUSED
-4120 WRONG_ROUTE
-4129 REDUCE_ONLY_REFUSED
-4130 CLOSE_POSITION_EXISTS
-4131 MARKET_REFUSAL
-4135 -4136 -4137 -4138 -4139 INVALID
-4140 -4141 SYMBOL_RESTRICTED
-4142 WOULD_TRIGGER
-4144 INVALID
-4161 STATE_CONFLICT
-4164 STALE_FILTERS
-4165 INVALID
-4167 -4168 -4169 -4170 STATE_CONFLICT
-4171 ALREADY_SO
-4172 STATE_CONFLICT
-4183 -4184 STALE_FILTERS
-4192 ACCOUNT_RESTRICTED
-4202 -4203 -4205 -4206 -4208 -4209 INVALID
-4210 -4211 STALE_FILTERS
-4400 -4401 -4402 -4403 ACCOUNT_RESTRICTED
-4509 REDUCE_ONLY_REFUSED
-4531 STATE_CONFLICT
-5021 -5022 MARKET_REFUSAL
-5024 SYMBOL_RESTRICTED
-5025 INVALID
-5026 TOO_MANY_OPEN
-5027 ALREADY_SO
-5028 CLOCK
-5029 STALE_FILTERS
-5037 -5038 -5039 -5040 INVALID
-5041 MARKET_REFUSAL
-5043 STATE_CONFLICT
-5047 REDUCE_ONLY_REFUSED
"""


def expected_rows() -> list[tuple[int, str, str]]:
    """Read the table above into (code, kind, outcome)."""
    rows: list[tuple[int, str, str]] = []
    for line in EXPECTED_TEXT.split("\n"):
        *codes, kind = line.split() or [""]
        rows += [(int(code), kind, OUTCOME_OF_KIND.get(kind, "REJECTED")) for code in codes]
    return rows


EXPECTED = expected_rows()
MUTATIONS = tuple(operation for operation in Operation if operation.is_mutation)


@pytest.mark.parametrize(("code", "kind", "outcome"), EXPECTED)
def test_each_documented_code_has_its_kind_and_its_outcome(
    code: int, kind: str, outcome: str
) -> None:
    verdict = classify(Operation.PLACE, Phase.ANSWERED, 400, code, "any words")

    assert (kind, outcome) == (verdict.kind.value, verdict.outcome.value)
    row = CODES[code]
    assert (row.error_type, row.severity) == (verdict.error_type, verdict.severity)
    assert verdict.rule.startswith(f"code {code} ")


def test_the_table_holds_each_documented_code_once_and_no_other() -> None:
    codes = [code for code, _, _ in EXPECTED]

    assert len(codes) == len(set(codes))
    assert sorted(codes) == sorted(CODES)


def test_every_kind_says_what_it_usually_means() -> None:
    assert list(ErrorKind) == sorted(KINDS, key=list(ErrorKind).index)
    assert all(row.kind in KINDS for row in CODES.values())


@pytest.mark.parametrize(
    ("status", "text", "kind", "outcome", "error_type"),
    [
        (200, "<html>", "UNKNOWN_OUTCOME", "UNKNOWN", "unknown_error"),
        (400, "", "UNKNOWN_OUTCOME", "UNKNOWN", "unknown_error"),
        (401, "", "AUTH", "REJECTED", "api_error"),
        (403, "<html>", "BANNED", "NOT_EXECUTED", "rate_limit_error"),
        (404, "", "BUG", "REJECTED", "unknown_error"),
        (408, "", "UNKNOWN_OUTCOME", "UNKNOWN", "timeout_error"),
        (418, "", "BANNED", "NOT_EXECUTED", "rate_limit_error"),
        (429, "", "RATE_LIMITED", "NOT_EXECUTED", "rate_limit_error"),
        (500, "", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (502, "Bad Gateway", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (503, "Service Unavailable.", "VENUE_DOWN", "NOT_EXECUTED", "api_error"),
        (503, " Service Unavailable.\n", "VENUE_DOWN", "NOT_EXECUTED", "api_error"),
        (503, "<h1>503 Service Unavailable.</h1>", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (
            503,
            "Unknown error, please check your request",
            "UNKNOWN_OUTCOME",
            "UNKNOWN",
            "api_error",
        ),
        (503, "Internal error; unable to process", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (503, "", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (500, "Service Unavailable.", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (0, "", "UNKNOWN_OUTCOME", "UNKNOWN", "unknown_error"),
        (599, "", "UNKNOWN_OUTCOME", "UNKNOWN", "api_error"),
        (600, "", "UNKNOWN_OUTCOME", "UNKNOWN", "unknown_error"),
    ],
)
def test_each_status_without_a_code_has_its_kind(
    status: int, text: str, kind: str, outcome: str, error_type: str
) -> None:
    verdict = classify(Operation.PLACE, Phase.ANSWERED, status, None, text)

    assert (kind, outcome, error_type) == (verdict.kind, verdict.outcome, verdict.error_type)


@pytest.mark.parametrize(
    ("phase", "status", "code", "text", "rule"),
    [
        (Phase.NOT_CONNECTED, 0, None, "", "phase NOT_CONNECTED"),
        (Phase.NOT_SENT, 0, None, "", "phase NOT_SENT"),
        (Phase.MAYBE_SENT, 0, None, "", "phase MAYBE_SENT"),
        (Phase.ANSWERED, 401, None, "", "status 401"),
        (Phase.ANSWERED, 502, None, "", "status 502 without a known code"),
        (Phase.ANSWERED, 503, None, "Service Unavailable.", "status 503 Service Unavailable."),
        (Phase.ANSWERED, 400, -9999, "", "unlisted code -9999"),
        (Phase.ANSWERED, 503, -1008, "", f"code -1008 {CODES[-1008].name}"),
        (Phase.ANSWERED, 418, -1003, "", f"code -1003 {CODES[-1003].name}, banned"),
    ],
)
def test_a_verdict_names_the_evidence_that_decided(
    phase: Phase, status: int, code: int | None, text: str, rule: str
) -> None:
    assert rule == classify(Operation.PLACE, phase, status, code, text).rule


@pytest.mark.parametrize("operation", list(Operation))
@pytest.mark.parametrize("phase", [Phase.NOT_CONNECTED, Phase.NOT_SENT])
def test_what_never_left_was_not_executed(operation: Operation, phase: Phase) -> None:
    verdict = classify(operation, phase, 0, None, "connection refused")

    assert (ErrorKind.NETWORK, Outcome.NOT_EXECUTED) == (verdict.kind, verdict.outcome)
    assert verdict.error_type is ErrorType.NETWORK_ERROR


@pytest.mark.parametrize(
    ("text", "error_type"),
    [
        ("Read timed out", ErrorType.TIMEOUT_ERROR),
        ("Timeout after 5000 ms", ErrorType.TIMEOUT_ERROR),
        ("connection reset by peer", ErrorType.NETWORK_ERROR),
    ],
)
def test_a_mutation_that_may_have_left_is_unknown(text: str, error_type: ErrorType) -> None:
    verdict = classify(Operation.CANCEL, Phase.MAYBE_SENT, 0, None, text)

    assert (ErrorKind.UNKNOWN_OUTCOME, Outcome.UNKNOWN) == (verdict.kind, verdict.outcome)
    assert error_type is verdict.error_type


def test_a_read_that_may_have_left_is_a_bad_connection_and_is_asked_again() -> None:
    verdict = classify(Operation.READ, Phase.MAYBE_SENT, 0, None, "timeout")

    assert (ErrorKind.NETWORK, Outcome.NOT_EXECUTED) == (verdict.kind, verdict.outcome)
    assert verdict.error_type is ErrorType.TIMEOUT_ERROR


def test_the_code_decides_before_the_status() -> None:
    verdict = classify(Operation.PLACE, Phase.ANSWERED, 429, -1015, "too many orders")

    assert verdict.kind is ErrorKind.ORDER_LIMITED


def test_an_internal_error_is_unknown_although_the_venue_says_failed() -> None:
    text = "Internal error; unable to process your request. Please try again."

    verdict = classify(Operation.PLACE, Phase.ANSWERED, 503, -1001, text)

    assert (ErrorKind.UNKNOWN_OUTCOME, Outcome.UNKNOWN) == (verdict.kind, verdict.outcome)


@pytest.mark.parametrize(
    ("status", "text"),
    [(418, "way too much"), (429, "IP banned until 1763726400000. Use the websocket")],
)
def test_a_request_limit_that_speaks_of_a_ban_is_a_ban(status: int, text: str) -> None:
    verdict = classify(Operation.READ, Phase.ANSWERED, status, -1003, text)

    assert (ErrorKind.BANNED, Severity.CRITICAL) == (verdict.kind, verdict.severity)


def test_an_unlisted_code_is_unknown_for_a_mutation_whatever_the_status() -> None:
    verdict = classify(Operation.PLACE, Phase.ANSWERED, 429, -9999, "")

    assert (ErrorKind.UNKNOWN_OUTCOME, Outcome.UNKNOWN) == (verdict.kind, verdict.outcome)
    assert "unlisted code -9999" == verdict.rule


def test_an_unlisted_code_on_a_read_is_judged_by_its_status() -> None:
    limited = classify(Operation.READ, Phase.ANSWERED, 429, -9999, "")
    strange = classify(Operation.READ, Phase.ANSWERED, 400, -9999, "")

    assert limited.kind is ErrorKind.RATE_LIMITED
    assert (ErrorKind.NETWORK, ErrorType.UNKNOWN_ERROR) == (strange.kind, strange.error_type)


def test_a_bad_signature_is_as_loud_as_a_bad_key() -> None:
    bad_signature = classify(Operation.PLACE, Phase.ANSWERED, 400, -1022, "")
    bad_key = classify(Operation.PLACE, Phase.ANSWERED, 401, -2015, "")

    assert (Severity.CRITICAL, Severity.CRITICAL) == (bad_signature.severity, bad_key.severity)


any_code = st.none() | st.sampled_from(sorted(CODES)) | st.integers(-10_000, 10_000)
any_text = st.text(max_size=40) | st.sampled_from(["Service Unavailable.", "timed out"])


@given(
    operation=st.sampled_from(Operation),
    phase=st.sampled_from(Phase),
    status=st.integers(0, 999),
    code=any_code,
    text=any_text,
)
def test_every_evidence_has_a_verdict_and_only_a_mutation_is_ever_unknown(
    operation: Operation, phase: Phase, status: int, code: int | None, text: str
) -> None:
    verdict = classify(operation, phase, status, code, text)

    is_unknown = verdict.outcome is Outcome.UNKNOWN
    assert is_unknown == (verdict.kind is ErrorKind.UNKNOWN_OUTCOME)
    assert operation.is_mutation or not is_unknown
    assert verdict.rule


@given(
    operation=st.sampled_from(MUTATIONS),
    status=st.integers(0, 999),
    code=st.integers(-20_000, 20_000).filter(lambda code: code not in CODES),
    text=any_text,
)
def test_no_unlisted_code_is_ever_taken_for_a_failed_mutation(
    operation: Operation, status: int, code: int, text: str
) -> None:
    verdict = classify(operation, Phase.ANSWERED, status, code, text)

    assert verdict.outcome is Outcome.UNKNOWN
