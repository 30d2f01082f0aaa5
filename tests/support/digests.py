"""Digests: one name for all the bytes that a run left."""

from hashlib import blake2b

from callboard.scenarios.chaos import Report
from callboard.scenarios.disk import SimulatedDisk


def journal_digest(report: Report) -> str:
    """Return one name for all the bytes of a run's journal."""
    disk = report.engine.disk
    assert isinstance(disk, SimulatedDisk)
    digest = blake2b(digest_size=16)
    for name in disk.names():
        if name.endswith(".jsonl"):
            digest.update(name.encode() + disk.read(name))
    return digest.hexdigest()
