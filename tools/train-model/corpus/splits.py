"""Which examples are kept from training for the exam: decided by a hash, so that every run agrees."""
import hashlib

from corpus.grammar import Turn

ALWAYS_TRAIN = "always-train"  # key of a turn whose every case may be trained on


def held_out_key(key: str, one_in: int = 16) -> bool:
    return hashlib.md5(key.lower().encode()).digest()[0] < 256 // one_in


def held_out(turn: Turn) -> bool:
    """One phrasing in 16 is the exam's; phrasings of one or two words are everybody's."""
    if turn.key == ALWAYS_TRAIN:
        return False
    if turn.key:
        return held_out_key(turn.key)
    return len(turn.user.split()) > 2 and held_out_key(turn.user)
