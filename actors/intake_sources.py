"""Intake sources: what other services say to the intake, and the model that marks signals.

ExecutionSystem's tools. The word of an emergency-stop source goes to the breaker, urgently, and to
the gate, which counts its age; a policy's goes to the gate. A model's version is kept here.
"""

from attrs import evolve

from ..messages.intake import EmergencyStateChanged, ModelPromoted, PolicyChanged, SubmitSignal
from ..messages.values import SignalSource
from . import names
from .intake_facts import IntakeState, ModelNoted
from .runtime.actor import Context


def hear_source(
    message: EmergencyStateChanged | PolicyChanged | ModelPromoted,
    state: IntakeState,
    ctx: Context,
) -> None:
    """Pass the word of a source on to whom it concerns; a repeated model is no news."""
    match message:
        case EmergencyStateChanged():
            ctx.tell(names.CIRCUIT_BREAKER, message, urgent=True)
            ctx.tell(names.RISK_GATE, message)
        case PolicyChanged():
            ctx.tell(names.RISK_GATE, message)
        case ModelPromoted() if message.model_version != state.model_version:
            ctx.record(ModelNoted(message.model_version, state.model_version, message.source))
            ctx.log("model_promoted", model_version=message.model_version, source=message.source)
        case ModelPromoted():
            ctx.log("model_repeated", model_version=message.model_version)


def marked(signal: SubmitSignal, state: IntakeState) -> SubmitSignal:
    """Return a program's signal with the model in force, where it names none of its own."""
    is_open = signal.model_version is None and signal.source is SignalSource.AUTOMATED
    if not (is_open and state.model_version):
        return signal
    return evolve(signal, model_version=state.model_version)
