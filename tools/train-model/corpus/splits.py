"""Which examples are kept from training for the exam: decided by a hash, so that every run agrees."""
import hashlib
from typing import Any

ALWAYS_TRAIN = "always-train"  # key of a turn whose every case may be trained on
EXACT = "exact"  # the same of a turn whose words are copied (no careless typing); its generator keeps the exam apart

# In place of exam=True: held-out names, places and numbers, but in wordings that are trained on.
KNOWN_WORDINGS = 1


def held_out_key(key: str, one_in: int = 16) -> bool:
    return hashlib.md5(key.lower().encode()).digest()[0] < 256 // one_in


def held_out(turn: Any) -> bool:
    """One phrasing in 16 is the exam's; phrasings of one or two words are everybody's."""
    if turn.key in (ALWAYS_TRAIN, EXACT):
        return False
    if turn.key:
        return held_out_key(turn.key)
    return len(turn.user.split()) > 2 and held_out_key(turn.user)
