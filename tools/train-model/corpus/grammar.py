"""What every topic is made of: paraphrase templates and turns.

A template such as "{hi|hello} {there|}" stands for all its choices (they nest); `<slot>` is filled by name.
This file knows nothing of any topic.
"""
import re
from dataclasses import dataclass
from random import Random

_CHOICE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Turn:
    """One question and its answer.

    accept: regular expression the exam holds a reply against; empty = exactly `reply`.
    key: what decides between training and exam (see splits.py); empty = the user's words.
    """

    user: str
    reply: str
    accept: str = ""
    key: str = ""


def expand(rng: Random, template: str, **slots: object) -> str:
    """One random expansion of `template`, spaces tidied, first letter raised."""
    text = template
    while (found := _CHOICE.search(text)) is not None:
        text = text[: found.start()] + rng.choice(found.group(1).split("|")) + text[found.end() :]
    for name, value in slots.items():
        text = text.replace(f"<{name}>", str(value))
    text = re.sub(r" +", " ", text).strip()
    text = re.sub(r" ([,.?!])(?=\s|$)", r"\1", text)
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """'a cat', 'an owl'; a noun that brings its own article stays."""
    if noun.startswith(("the ", "a ", "an ")):
        return noun
    return ("an " if noun[0] in "aeiou" else "a ") + noun
