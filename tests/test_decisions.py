"""Decisions: each resolved question of the requirements has a test that keeps it.

The numbers are those of the requirements register, as they stand beside the settings. What belongs
to faces that are not built yet is named with the reason.
"""

import ast
from collections.abc import Iterator
from types import MappingProxyType

import source_tree as project

DECISIONS = MappingProxyType(
    {
        "C-01": "a_greedy_client_with_the_worst_delays_stays_within_every_limit",
        "C-02": "from_ninety_percent_of_the_venues_window_only_reducing_requests_pass",
        "C-03": "the_pause_is_what_the_venue_says_or_else_grows",
        "C-04": "each_type_repeats_as_often_and_waits_as_long_as_its_row_says",
        "C-05": "the_default_waits_are_exactly_1_2_and_4_seconds_up_to_a_cap_of_30",
        "C-06": "a_placement_that_may_have_arrived_is_unknown",
        "C-07": "a_redelivery_waits_for_its_delay_and_keeps_the_same_id",
        "C-08": "an_internal_error_is_unknown_although_the_venue_says_failed",
        "C-09": "what_is_not_ready_refuses_by_its_name",
        "C-10": "a_stop_may_be_as_far_as_its_limit_and_no_farther",
        "C-11": "two_percent_of_equity_is_the_notional_whatever_the_leverage",
        "C-12": "a_position_without_a_stop_gets_one_for_the_whole",
        "C-13": "a_whole_close_goes_to_the_algo_service_without_quantity_or_reduce_only",
        "C-14": "each_documented_code_has_its_kind_and_its_outcome",
        "C-15": "an_order_whose_cancel_came_to_nothing_is_unknown_and_asked_for",
        "C-16": "live_is_confirmed_by_the_name_of_its_account",
        "C-17": "the_switch_between_test_and_money_hosts_must_agree_with_the_mode",
        "C-18": "no_figure_is_a_float",
        "C-19": "a_rounded_order_never_breaks_a_grid",
        "C-20": "filters_end_at_their_age",
        "C-21": "a_rebuild_gives_the_rows_that_the_running_engine_left",
        "C-22": "each_named_fact_is_one_class_with_its_topic",
        "C-23": "the_first_fill_opens_the_position_at_its_price",
        "C-24": "the_stream_is_healthy_only_after_the_comparison",
        "C-25": "a_full_lane_refuses_entries_at_once_and_exits_never",
        "C-26": "shared_placement_runs_the_core_on_one_thread_and_each_edge_on_its_own",
        "C-27": "after_a_loss_a_resume_waits_for_the_cooldown",
        "C-28": "a_failure_while_half_open_opens_it_for_another_while",
        "C-29": "each_threshold_is_that_of_its_own_field",
        "C-30": "a_symbol_waits_out_its_cooldown",
        "C-31": "a_reducing_order_names_its_position_side_instead_in_hedge_mode",
        "C-32": "a_form_that_contradicts_itself_is_refused",
        "C-33": "a_market_order_is_refused_where_the_mark_left_its_reference",
        "C-34": "what_passes_never_risks_more_than_the_signal_did",
        "C-38": "every_time_is_utc_and_every_figure_is_plain_text",
        "C-39": "nothing_that_looks_like_a_credential_is_written",
        "C-40": "every_event_type_has_a_sentence_in_both_languages",
        "C-41": "every_call_is_in_the_weight_table_under_its_operation",
        "C-42": "a_limit_order_adds_price_and_time_in_force",
        "C-45": "each_attempt_must_be_proven_absent_for_itself",
        "C-48": "the_code_decides_before_the_status",
        "C-49": "each_of_the_seven_has_its_guards_and_the_rest_are_ours_or_the_hosts",
        "C-50": "an_order_in_the_wrong_state_is_looked_at_and_a_setting_is_refused",
        "C-51": "half_a_position_is_rounded_down_and_refused_only_when_too_small",
        "C-52": "the_day_has_so_many_executions",
        "C-53": "ten_positions_are_closed_within_a_second_of_a_loss",
    }
)
"""Decision -> the test, without `test_`, that fails where it is not kept."""
LATER = MappingProxyType(
    {
        "C-35": "counts the tests of another program",
        "C-36": "counts the criteria of another program",
        "C-37": "is a check of its own: ./dev coverage",
        "C-43": "belongs to the HTTP API",
        "C-44": "belongs to the metrics",
        "C-46": "is a choice of libraries: pyproject.toml names them",
        "C-47": "measures a real exchange's network",
    }
)
DECISIONS_MAX = 53


def names_of_tests() -> Iterator[str]:
    """Yield the name of every test function, without `test_`."""
    for path in sorted((project.ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name.removeprefix("test_")


def test_every_decision_has_its_test_or_the_reason_why_not() -> None:
    numbers = [f"C-{number:02}" for number in range(1, DECISIONS_MAX + 1)]

    assert numbers == sorted((*DECISIONS, *LATER))


def test_the_tests_of_the_decisions_exist() -> None:
    known = dict.fromkeys(names_of_tests())

    assert {} == {number: name for number, name in DECISIONS.items() if name not in known}
