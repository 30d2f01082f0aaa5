"""Push: one delivery of a registry to a Pushgateway, with a time limit."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, exposition

JOB = "callboard"


def push(
    address: str, registry: CollectorRegistry, grouping: Mapping[str, str], seconds: float
) -> str:
    """Put a registry's figures in place of the last ones; returns why not, empty when taken.

    Waits at most `seconds` for each part of the exchange.
    """
    # One of its parameters has a default without a type.
    put: Any = exposition.push_to_gateway  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    try:
        put(
            with_scheme(address),
            job=JOB,
            registry=registry,
            grouping_key=dict(grouping),
            timeout=seconds,
        )
    except (OSError, ValueError) as error:  # what HTTP says is an `OSError`, too
        return f"{type(error).__name__}: {error}"
    return ""


def with_scheme(address: str) -> str:
    """Return a URL: an address without a scheme is one of HTTP."""
    return address if "://" in address else f"http://{address}"
