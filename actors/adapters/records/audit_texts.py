"""Audit texts: the sentence of an audit line for people, in English or Portuguese.

Owns the catalogue. Keys and codes are the same in every language; only the sentence changes.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ....messages.codec import Json

EN, PT = "en", "pt"

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "signal": ("signal taken: {action} {symbol}", "sinal recebido: {action} {symbol}"),
        "intent": (
            "order is about to be sent: {side} {quantity} {symbol}",
            "ordem prestes a ser enviada: {side} {quantity} {symbol}",
        ),
        "order_sent": ("order sent, attempt {attempt}", "ordem enviada, tentativa {attempt}"),
        "order_placed": ("order accepted by the exchange", "ordem aceita pela corretora"),
        "order_filled": ("order executed", "Ordem executada com sucesso"),
        "order_partially_filled": ("order partly executed", "ordem executada em parte"),
        "order_rejected": ("order rejected: {guard}{reason}", "ordem rejeitada: {guard}{reason}"),
        "order_failed": ("order failed: {reason}", "ordem falhou: {reason}"),
        "order_cancelled": ("order cancelled", "ordem cancelada"),
        "orders_cancelled": (
            "resting orders cancelled: {done}; not cancelled: {failed}",
            "ordens em aberto canceladas: {done}; não canceladas: {failed}",
        ),
        "order_expired": ("order expired", "ordem expirada"),
        "order_unknown": (
            "outcome unknown: {reason}",
            "resultado desconhecido: {reason}",
        ),
        "order_resolved": ("outcome found: {state}", "resultado encontrado: {state}"),
        "order_unresolved": ("no outcome yet", "ainda sem resultado"),
        "algorithm_progressed": (
            "slice {slice_id} is over: {filled} of {quantity}",
            "fatia {slice_id} encerrada: {filled} de {quantity}",
        ),
        "order_corrected": ("executed after its end", "executada depois do fim"),
        "slippage_exceeded": (
            "slippage of {slippage_pct} % is above {limit_pct} %",
            "deslize de {slippage_pct} % acima de {limit_pct} %",
        ),
        "trade": (
            "fill: {side} {quantity} {symbol} at {price}",
            "execução: {side} {quantity} {symbol} a {price}",
        ),
        "funding": ("funding of {symbol}: {amount}", "taxa de financiamento de {symbol}: {amount}"),
        "api_call": ("request answered: {operation}", "requisição respondida: {operation}"),
        "api_error": (
            "request failed: {operation}, {code} {text}",
            "requisição falhou: {operation}, {code} {text}",
        ),
        "retry_attempt": (
            "trying again in {delay_ms} ms: {reason}",
            "nova tentativa em {delay_ms} ms: {reason}",
        ),
        "rate_limit": ("rate limit: {scope}{budget}", "limite de requisições: {scope}{budget}"),
        "breaker": ("trading state {state}: {reason}", "estado de negociação {state}: {reason}"),
        "emergency": ("{source} reports {word}", "{source} informa {word}"),
        "config_change": (
            "setting {key} is {value}",
            "configuração {key} agora é {value}",
        ),
        "risk_adjusted": (
            "stop and target adjusted to the price grid",
            "stop e alvo ajustados à grade de preços",
        ),
        "quota_reset": (
            "a new UTC day: daily quotas begin anew",
            "novo dia UTC: cotas reiniciadas",
        ),
        "operator_command": ("command: {operation}", "comando: {operation}"),
        "command_refused": ("command refused: {reason}", "comando recusado: {reason}"),
        "position_opened": ("position opened", "posição aberta"),
        "position_updated": ("position changed", "posição alterada"),
        "position_closed": (
            "position closed ({reason}), profit {realised_pnl}",
            "posição fechada ({reason}), resultado {realised_pnl}",
        ),
        "positions_flattened": (
            "flat: {is_flat}; left: {left}",
            "sem posição: {is_flat}; restantes: {left}",
        ),
        "position_corrected": ("late figures of a closed position", "valores tardios da posição"),
        "position_protected": ("stop rests at {trigger_price}", "stop ativo em {trigger_price}"),
        "alert": ("{alert}: {text}", "{alert}: {text}"),
        "system_failed": ("{part} failed: {text}", "{part} falhou: {text}"),
        "engine_started": ("engine started", "motor iniciado"),
        "engine_ready": ("engine ready", "motor pronto"),
    }
)
"""Event type -> its sentence in English and in Portuguese."""


class _Words(dict[str, str]):
    """Looks a word up in the parts of a line, where a sentence has a place for it."""

    def __init__(self, *parts: Json | None) -> None:
        super().__init__()
        self._parts = [part for part in parts if part]

    def __missing__(self, key: str) -> str:
        values = (part.get(key) for part in self._parts)
        return next((str(value) for value in values if value is not None), "")


def sentence(event_type: str, locale: str, line: Json) -> str:
    """Return the sentence of a line; a value that the line does not have is left out."""
    texts = TEXTS.get(event_type)
    if texts is None:
        return event_type.replace("_", " ")
    words = _Words(line.get("details"), line.get("order_data"), line)
    return texts[1 if locale == PT else 0].format_map(words).rstrip(": ,")
