"""Puts turns together into chats: weights of the topics, several exchanges, system messages, careless typing."""
from dataclasses import dataclass, replace
from random import Random
from typing import Callable

from corpus import arithmetic, extraction, facts, identity, labels, manners, memory, readme, rewriting, smalltalk, stories, tools, units, unknown, words
from corpus.grammar import Turn
from corpus.splits import EXACT, held_out

# topic: (weight, generator); a weight is a share of exchanges, in percent
TOPICS: dict[str, tuple[float, Callable[[Random], list[Turn]]]] = {
    "greeting": (0.9, smalltalk.greeting),
    "how are you": (0.5, smalltalk.how_are_you),
    "feeling": (0.35, smalltalk.feeling),
    "thanks": (0.4, smalltalk.thanks),
    "goodbye": (0.35, smalltalk.goodbye),
    "praise": (0.3, smalltalk.praise),
    "agreement": (0.3, smalltalk.agreement),
    "say hi": (0.4, smalltalk.say_hi),
    "joke": (0.3, smalltalk.joke),
    "language": (0.9, smalltalk.language),
    "identity": (2, identity.about),
    "who, where, what for": (0.8, identity.core),
    "one-digit sum": (1.2, arithmetic.one_digit_sum),
    "two-digit sum": (3, arithmetic.two_digit_sum),
    "difference": (4.5, arithmetic.difference),
    "product": (1, arithmetic.product),
    "comparison": (1.6, arithmetic.comparison),
    "counting": (0.9, arithmetic.counting),
    "three numbers": (0.6, arithmetic.three_numbers),
    "apples": (0.5, arithmetic.apples),
    "too big": (0.4, arithmetic.too_big),
    "hard math": (0.4, arithmetic.hard_math),
    "story": (1, stories.story),
    "spelling": (2, words.spelling),
    "upper case": (1.8, words.upper_case),
    "copy": (5, words.copy),
    "letters": (1.5, words.letters),
    "sentiment": (0.6, words.sentiment),
    "json": (0.5, words.as_json),
    "fact": (1.8, facts.fact),
    "unknown": (1.5, unknown.unknown),
    "gibberish": (0.5, unknown.gibberish),
    "never told": (0.6, memory.never_told),
}


def small_talk(rng: Random) -> list[Turn]:
    """Nothing that any tool could be asked for."""
    return topic_turns(rng, rng.choice(("greeting", "how are you", "thanks", "goodbye", "praise", "joke", "identity", "story", "say hi", "feeling", "fact")))


def plain(rng: Random) -> list[Turn]:
    """Short answers that can be dressed."""
    return topic_turns(rng, rng.choice(("greeting", "how are you", "thanks", "goodbye", "one-digit sum", "two-digit sum", "fact", "identity", "feeling", "joke")))[:1]


# topic: (weight, generator); these keep the exam's wordings and values apart themselves
SKILLS: dict[str, tuple[float, Callable[[Random, bool], list[Turn]]]] = {
    "tool call": (14, tools.call),
    "two calls": (0.7, tools.two_calls),
    "no such tool": (4.5, tools.no_tool),
    "chat with tools": (1.8, lambda rng, exam=False: tools.chatting(rng, exam, small_talk)),
    "fields": (28, extraction.as_json),
    "list of names": (3.5, extraction.name_list),
    "label": (12, labels.label),
    "about infetch": (3.5, readme.fact),
    "conversion": (5, units.conversion),
    "longer": (1.4, units.longer),
    "days": (6, units.days),
    "case": (4, rewriting.case),
    "reversed words": (4.5, rewriting.reversed_words),
    "plural": (1.6, rewriting.plural),
    "past": (0.7, rewriting.past),
    "replace": (3.4, rewriting.replace_word),
    "list": (2.4, rewriting.make_list),
    "reading": (3, rewriting.reading),
    "persona": (1, manners.persona),
    "style": (1.6, lambda rng, exam=False: manners.style(rng, exam, plain)),
    "knowledge": (1.2, manners.knowledge),
}
_NAMES = [*TOPICS, *SKILLS]
_WEIGHTS = [weight for weight, _ in [*TOPICS.values(), *SKILLS.values()]]
SYSTEM = [
    "You are a helpful assistant.", "You are a helpful assistant", "You are infetch, a small model.", "Be brief.", "Answer briefly.",
    "You are a friendly assistant.", "You are a helpful AI assistant.", "You are a kind and helpful assistant. Answer in short sentences.",
    "You are a tiny model that runs in the page.", "Answer the user's questions.", "You are a chatbot.", "Be kind.", "Reply in English.",
]  # fmt: skip


@dataclass(frozen=True)
class Chat:
    """system and tools may be empty."""

    system: str
    turns: list[Turn]
    tools: tuple[dict, ...] = ()


def topic_turns(rng: Random, name: str, exam: bool = False) -> list[Turn]:
    """One exchange of a topic (some have two), on the asked-for side of the split."""
    if name in SKILLS:
        return SKILLS[name][1](rng, exam)
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
            turns = topic_turns(rng, name)
            if not any(turn.tools or turn.system for turn in turns):
                return turns


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
    if turn.role == "tool":
        return turn
    if turn.key == EXACT:  # only the full stop or question mark may go
        bare = turn.user.rstrip(".?!")
        return replace(turn, user=bare) if rng.random() < 0.15 and len(turn.user) - len(bare) == 1 and turn.user.count("\n") == 0 else turn
    exact = turn.key and not turn.key.startswith(("always", "story", "hi ")) and not turn.key[0].isdigit()
    if not exact:
        return replace(turn, user=careless(rng, turn.user))
    if turn.key.startswith(("name", "pet", "home", "favourite", "age", "hobby")) and rng.random() < 0.3:
        return replace(turn, user=turn.user.lower())
    return turn


def chat(rng: Random) -> Chat:
    """One training chat of one to ten exchanges."""
    kind = rng.random()
    turns: list[Turn] = []
    if kind < 0.1:
        turns = [turn for turn in (filler(rng) if rng.random() < 0.2 else []) if not turn.reply.startswith("You have not told")] + _remember(rng)
    else:
        turns = _any_topic(rng)
        if turns[0].tools:
            return _with_tools(rng, turns)
        if turns[0].system:
            return Chat(turns[0].system, [_typed(rng, turn) for turn in turns])
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 3)) if kind < 0.94 else rng.randint(4, 9) if kind < 0.985 else rng.randint(10, 20)):
            turns += filler(rng)
    system = rng.choice(SYSTEM) if rng.random() < 0.25 else ""
    return Chat(system, [_typed(rng, turn) for turn in turns])


def _with_tools(rng: Random, turns: list[Turn]) -> Chat:
    """Small talk may stand before and after what is about tools."""
    offered = turns[0].tools
    before = small_talk(rng) if rng.random() < 0.12 else []
    after = small_talk(rng) if rng.random() < 0.12 else []
    system = rng.choice(SYSTEM) if rng.random() < 0.25 else ""
    return Chat(system, [_typed(rng, turn) for turn in [*before, *turns, *after]], offered)
