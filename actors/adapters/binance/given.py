"""Given: an HTTP answer as the exchange port tells it.

Owns which headers are kept: what the limiter reads. Others say nothing to us, and may repeat a
request.
"""

from ....messages.values import Phase
from ...ports import VenueAnswer
from .answer import Answer

KEPT_HEADERS = ("retry-after",)
KEPT_PREFIX = "x-mbx-"


def given(request_id: str, answer: Answer) -> VenueAnswer:
    """Return what came back for a request; `text` is kept of what is no plain success."""
    headers = {
        name: text
        for name, text in answer.headers.items()
        if name.startswith(KEPT_PREFIX) or name in KEPT_HEADERS
    }
    try:
        body = answer.json()
    except ValueError:
        body = None
    is_plain = 200 <= answer.status_code < 300 and body is not None
    text = "" if is_plain else answer.text
    return VenueAnswer(request_id, Phase.ANSWERED, answer.status_code, headers, body, text)
