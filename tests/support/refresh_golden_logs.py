"""Refresh golden logs: record them anew after the engine decides otherwise on purpose.

Without names all of them; a log that comes out the same is not touched. Look at the difference that
the test named before: a log that changes without your meaning it is a defect that this would hide.
Run it as `./dev run python tests/support/refresh_golden_logs.py [NAME...]`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import golden_logs


def main(names: list[str]) -> int:
    """Make the logs of these names, or all; returns 1, having made none, for an unknown name."""
    unknown = [name for name in names if name not in golden_logs.LOGS]
    if unknown:
        known = ", ".join(golden_logs.LOGS)
        sys.stderr.write(f"no such golden log: {', '.join(unknown)}; there are {known}\n")
        return 1
    for name in names or golden_logs.LOGS:
        changed = golden_logs.save(name, golden_logs.LOGS[name]())
        sys.stdout.write(f"{name}: {'made anew' if changed else 'as it was'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
