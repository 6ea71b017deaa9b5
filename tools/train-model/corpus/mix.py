"""Puts turns together into chats: weights of the topics, several exchanges, system messages, careless typing."""
from dataclasses import dataclass, replace
from random import Random
from typing import Callable

from corpus import arithmetic, facts, identity, memory, smalltalk, stories, unknown, words
from corpus.grammar import Turn
from corpus.splits import held_out

# topic: (weight, generator); a weight is a share of exchanges, in percent
TOPICS: dict[str, tuple[float, Callable[[Random], list[Turn]]]] = {
    "greeting": (3.5, smalltalk.greeting),
    "how are you": (2, smalltalk.how_are_you),
    "feeling": (1, smalltalk.feeling),
    "thanks": (1.2, smalltalk.thanks),
    "goodbye": (1.1, smalltalk.goodbye),
    "praise": (0.8, smalltalk.praise),
    "agreement": (1, smalltalk.agreement),
    "say hi": (0.6, smalltalk.say_hi),
    "joke": (0.8, smalltalk.joke),
    "language": (2, smalltalk.language),
    "identity": (7, identity.about),
    "who, where, what for": (3, identity.core),
    "one-digit sum": (4, arithmetic.one_digit_sum),
    "two-digit sum": (14, arithmetic.two_digit_sum),
    "difference": (10, arithmetic.difference),
    "product": (2.2, arithmetic.product),
    "comparison": (4, arithmetic.comparison),
    "counting": (4, arithmetic.counting),
    "three numbers": (2.5, arithmetic.three_numbers),
    "apples": (1, arithmetic.apples),
    "too big": (0.8, arithmetic.too_big),
    "hard math": (0.7, arithmetic.hard_math),
    "story": (4, stories.story),
    "spelling": (5, words.spelling),
    "upper case": (5, words.upper_case),
    "copy": (3.5, words.copy),
    "letters": (3, words.letters),
    "sentiment": (1.5, words.sentiment),
    "json": (1.2, words.as_json),
    "fact": (5, facts.fact),
    "unknown": (4, unknown.unknown),
    "gibberish": (0.8, unknown.gibberish),
    "never told": (0.8, memory.never_told),
}
_NAMES = list(TOPICS)
_WEIGHTS = [weight for weight, _ in TOPICS.values()]
SYSTEM = [
    "You are a helpful assistant.", "You are a helpful assistant", "You are infetch, a small model.", "Be brief.", "Answer briefly.",
    "You are a friendly assistant.", "You are a helpful AI assistant.", "You are a kind and helpful assistant. Answer in short sentences.",
    "You are a tiny model that runs in the page.", "Answer the user's questions.", "You are a chatbot.", "Be kind.", "Reply in English.",
]  # fmt: skip


@dataclass(frozen=True)
class Chat:
    """system may be empty."""

    system: str
    turns: list[Turn]


def topic_turns(rng: Random, name: str, exam: bool = False) -> list[Turn]:
    """One exchange of a topic (some have two), on the asked-for side of the split."""
    generate = TOPICS[name][1]
    for _ in range(2000):
        turns = generate(rng)
        if exam == any(held_out(turn) for turn in turns):
            return turns
    return turns  # a topic without held-out cases: its exam is on cases trained on


def _any_topic(rng: Random) -> list[Turn]:
    return topic_turns(rng, rng.choices(_NAMES, _WEIGHTS)[0])


def filler(rng: Random) -> list[Turn]:
    while True:
        name = rng.choices(_NAMES, _WEIGHTS)[0]
        if name not in ("never told", "gibberish"):
            return topic_turns(rng, name)


def _remember(rng: Random) -> list[Turn]:
    while True:
        turns = memory.remember(rng, filler)
        if not any(held_out(turn) for turn in turns):
            return turns


def careless(rng: Random, text: str) -> str:
    """The same words as people type them: lower case, no full stop, a slip of the finger."""
    if rng.random() < 0.06 and len(text.split()) > 2 and text[1:2].islower():
        lead = rng.choice(("ok, ", "now ", "and ", "so ", "then ", "ok, then ", "well, ", "please, ", "now, ", "but ", "ok now ", "great, now "))
        text = lead.capitalize() + (text if text.startswith("I ") else text[:1].lower() + text[1:])
    kind = rng.random()
    if kind < 0.5:
        return text
    if kind < 0.8:
        text = text.lower() if rng.random() < 0.7 else text
        return text.rstrip(".?!") if rng.random() < 0.7 and len(text.rstrip(".?!")) > 2 else text
    if kind < 0.84:
        return text.rstrip(".?!") + rng.choice(("??", "!!", " ?", " !", "...", " please", ", please"))
    if kind < 0.86:
        return text.upper()
    if kind < 0.89:
        return text.replace("'", "")
    letters = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha() and text[i].islower()]
    if len(text) < 12 or not letters:
        return text.lower()
    i = rng.choice(letters)
    slip = rng.choice(("drop", "double", "swap"))
    if slip == "drop":
        return text[:i] + text[i + 1 :]
    if slip == "double":
        return text[:i] + text[i] + text[i:]
    return text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :]


def _typed(rng: Random, turn: Turn) -> Turn:
    """Careless typing only where the reply does not copy the user's letters."""
    exact = turn.key and not turn.key.startswith(("always", "story", "hi ")) and not turn.key[0].isdigit()
    if not exact:
        return replace(turn, user=careless(rng, turn.user))
    if turn.key.startswith(("name", "pet", "home", "favourite", "age", "hobby")) and rng.random() < 0.3:
        return replace(turn, user=turn.user.lower())
    return turn


def chat(rng: Random) -> Chat:
    """One training chat of one to six exchanges."""
    kind = rng.random()
    turns: list[Turn] = []
    if kind < 0.12:
        turns = _any_topic(rng) if rng.random() < 0.2 else []
        turns = [turn for turn in turns if not turn.reply.startswith("You have not told")] + _remember(rng)
    else:
        turns = _any_topic(rng)
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3, 4)) if kind < 0.9 else rng.randint(4, 9)):
            turns += filler(rng)
    system = rng.choice(SYSTEM) if rng.random() < 0.35 else ""
    return Chat(system, [_typed(rng, turn) for turn in turns])
