"""Emergency: how long the word of an emergency-stop source is good for entries.

Pure. A configured source that is silent refuses entries and never exits; `open` lets them pass by
explicit setting alone, and every order that profits from it says so (C-09).
"""

from attrs import field, frozen

from .refusal import Refusal

GUARD = "emergency_age"


@frozen
class EmergencyTerms:
    """What is asked of the source; no policy source can change it."""

    age_ms_max: int = 0
    """Age of its last word beyond which entries are refused; 0 where no source is configured."""
    fails_open: bool = False
    """Whether entries pass all the same."""


@frozen
class EmergencyWord:
    """What is asked of the source, and when it was last heard."""

    terms: EmergencyTerms = field(factory=EmergencyTerms)
    at_ms: int = 0
    """Venue time; 0 for never."""


UNASKED = EmergencyWord()
"""Where no source is configured."""


def silence(word: EmergencyWord, venue_ms: int) -> Refusal | None:
    """Return why the source does not speak for an entry now, None while it does."""
    most = word.terms.age_ms_max
    age_ms = venue_ms - word.at_ms
    if most == 0 or age_ms <= most:
        return None
    return Refusal(GUARD, str(age_ms) if word.at_ms else "never heard", str(most))


def waived(word: EmergencyWord, venue_ms: int) -> str:
    """Return the refusal that an approved entry was spared, empty where there was none."""
    refusal = silence(word, venue_ms)
    return "" if refusal is None else f"{GUARD}: {refusal.figure} against {refusal.limit}"
