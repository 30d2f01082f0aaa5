"""Algorithms: parents, which carry a signal out in slices; owned by ExecutionSystem.

A host says `ExecuteAlgorithm`: a signal with a quantity, and a plan (one frozen class each in
`messages/plans.py`); all faults of a plan are told at once. The parent is a signal of the intake:
taken once, cancelled by `CancelOrder` of its id, ended by one terminal event. ExecutionSystem owns
it, since it alone gives intents and hears of every end: a slice and its end are facts of one step,
and no message stands between them that another could overtake.

**Children are signals.** A slice is `<signal_id>/<n>`, with the intent `<intent>_<n>`, so its
client order id is prefix, generation, parent's intent, number and leg. It goes the way of every
signal: entries to RiskGate, exits to PositionMonitor, with events and an end of its own. One slice
is under way at a time, so that an unknown outcome can never make the whole too large.

**The gate.** It judges the whole once (`RequestAlgorithm`) and reserves nothing for it: what is not
asked for yet holds no room of others for hours, and every slice is judged and reserved by itself as
the world is then. Cooldown and quota are charged with the first slice that is approved, once for
the parent; the next ones go on with what that began, so neither these nor `scale_in` refuse them.

**Cancel, halt, restart.** Nothing more is asked for, the slice under way is cancelled through the
gate, behind its request, and the parent ends when that has ended. A halt does the same to parents
that open; those that reduce go on as exits do, and nothing about them waits for readiness. A
flatten ends both, an exit the opening parents that it takes back. Facts fold, `resume` arms the
timers, and no slice is asked for twice: it is a fact of the step that asks.

Time comes from the context, jitter from its draws. What a plan asks for next is pure, in
`policies/algorithm_moves.py` and the policy of each. A bracket's stop and target are those of every
position, which PositionMonitor keeps; the parent only lasts until that is closed.
"""
