"""What every topic is made of: paraphrase templates and turns.

A template such as "{hi|hello} {there|}" stands for all its choices (they nest); `<slot>` is filled by name.
This file knows nothing of any topic.
"""
import re
from dataclasses import dataclass
from random import Random

from corpus.splits import held_out_key

_CHOICE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Turn:
    """One question and its answer.

    accept: regular expression the exam holds a reply against; empty = exactly `reply`.
    key: what decides between training and exam (see splits.py); empty = the user's words.
    role: "user", or "tool": then `user` is what a tool gave back.
    calls: names and arguments of tools the model calls; such a turn has no reply. tools: those it may call (see tools.py).
    system: a system message the turn needs. schema, choices: what the exam may hold the reply to.
    given: a beginning of the reply that is not learned, for it comes from what the reply is held to.
    """

    user: str
    reply: str
    accept: str = ""
    key: str = ""
    role: str = "user"
    calls: tuple[tuple[str, dict], ...] = ()
    tools: tuple[dict, ...] = ()
    system: str = ""
    schema: dict | None = None
    choices: tuple[str, ...] = ()
    given: str = ""


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


def phrase(rng: Random, exam: bool, template: str, **slots: object) -> str:
    """As `expand`, but one wording in 16 is the exam's only, and the exam gets no other (where there are enough).

    An exam of KNOWN_WORDINGS gets those of training.
    """
    for _ in range(60):
        text = "{" + template + "}"
        while (found := _CHOICE.search(text)) is not None:
            text = text[: found.start()] + rng.choice(found.group(1).split("|")) + text[found.end() :]
        if held_out_key(f"wording {text}") == (exam is True):
            break
    return fill(text, **slots)


def fill(text: str, **slots: object) -> str:
    """`text` with its slots filled; nothing else is changed but the first letter."""
    text = re.sub(r" +", " ", text).strip(" ")
    text = re.sub(r" ([,.?!])(?=\s|$)", r"\1", text)
    for name, value in slots.items():
        text = text.replace(f"<{name}>", str(value))
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """'a cat', 'an owl'; a noun that brings its own article stays."""
    if noun.startswith(("the ", "a ", "an ")):
        return noun
    return ("an " if noun[0] in "aeiou" else "a ") + noun
