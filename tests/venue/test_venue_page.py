"""docs/venue.md: it names every fault of the wire."""

import source_tree as project
from callboard.scenarios.venue.server.wire_faults import WireFault

TEXT = (project.ROOT / "docs/venue.md").read_text(encoding="utf-8")


def test_it_names_every_fault_of_the_wire() -> None:
    assert [] == [fault for fault in WireFault if f"`{fault.value}`" not in TEXT]
