"""Choosing a tool, calling it with what the user said, and telling what came back; chats where no tool is called for."""
import json
from random import Random
from typing import Callable

from corpus import toolbox
from corpus.grammar import Turn, expand, phrase
from corpus.lists import COLORS, city, full_name, number, thing
from corpus.splits import ALWAYS_TRAIN, EXACT
from corpus.toolbox import Args, Use, calculator, clock, pick, search, tool, weather

_VERBS = "get|find|make|set|open|check|list|add|move|start|order|count|show|load|read|mix|sort".split("|")


def invented(rng: Random, exam: bool) -> Use:
    """A tool nobody knows, asked for by name with its arguments."""
    noun = thing(rng, exam)
    name = rng.choice((f"{rng.choice(_VERBS)}_{noun}", f"{noun}_{thing(rng, exam)}", noun))
    keys: list[str] = []
    while len(keys) < rng.choice((1, 2, 2, 3)):
        key = rng.choice((pick(rng, "name|size|color|id|count|title|date|level|kind|text|price|owner|email|speed"), thing(rng, exam)))
        if key not in keys:
            keys.append(key)
    kinds: dict[str, object] = {}
    args: Args = {}
    for key in keys:
        kinds[key] = rng.choice(("string", "string", "string", "integer", "integer", "number", "boolean"))
        args[key] = rng.choice((full_name(rng, exam), thing(rng, exam), city(rng, exam), rng.choice(COLORS))) if kinds[key] == "string" else rng.random() < 0.5 if kinds[key] == "boolean" else number(rng, 0, rng.choice((20, 99, 999)), exam)
        if kinds[key] == "number" and rng.random() < 0.3:
            args[key] = rng.randint(1, 999) / 10
    made = tool(name, expand(rng, "{<v> a <n>|<v> the <n>|works on a <n>||tool for the <n>}", v=rng.choice(_VERBS), n=noun), **kinds)
    form = rng.random()
    listed = (", " if form < 0.5 else " and ").join(f"{key} {value}" if form < 0.4 else f"{key} = {value}" if form < 0.6 else f"{key}: {value}" if form < 0.7 else f"the {key} {value}" for key, value in ((key, str(value).lower() if kinds[key] == "boolean" else value) for key, value in args.items()))
    user = phrase(rng, exam, "{use <t> with <l>|call <t> with <l>|run <t> with <l>|<t> with <l>, please|please use <t> with <l>|I need <t>: <l>|do <t> with <l>|execute <t> with <l>|start <t> with <l>|can you call <t> with <l>|<t>: <l>|go and <t> with <l>|try <t> with <l>|I want you to use <t> with <l>}{.||}", t=rng.choice((name, name, name.replace("_", " "))), l=listed)
    done = rng.choice((thing(rng, exam), str(rng.randint(0, 99))))
    return made, user, args, rng.choice((done, json.dumps({"result": done}))), f"The result is {done}.", rf"\b{done}\b"


FAMILIES: list[tuple[float, Callable[[Random, bool], Use]]] = [
    (4, weather), (3, calculator), (2.5, clock), (2.5, search), (1, toolbox.message), (0.8, toolbox.timer), (0.6, toolbox.stock), (0.8, toolbox.exchange),
    (0.8, toolbox.translate), (0.6, toolbox.book), (0.6, toolbox.music), (0.6, toolbox.lights), (2.5, invented), (0.6, toolbox.route),
    (0.6, toolbox.reminder), (0.5, toolbox.dictionary), (0.4, toolbox.dice), (0.5, toolbox.news), (0.5, toolbox.note), (0.5, toolbox.units),
]  # fmt: skip
CORE = [weather, calculator, clock, search]


def _family(rng: Random) -> Callable[[Random, bool], Use]:
    return rng.choices([make for _, make in FAMILIES], [weight for weight, _ in FAMILIES])[0]


def offered(rng: Random, exam: bool, wanted: list[dict], used: list[Callable], others: int) -> tuple[dict, ...]:
    """The wanted tools among others of other families, in any order."""
    out, taken = list(wanted), list(used)
    while others > 0:
        family = rng.choice((_family(rng), rng.choice(CORE)))
        if family not in taken or family is invented:
            made = family(rng, exam)[0]
            if made["name"] not in [one["name"] for one in out]:
                out.append(made)
                taken.append(family)
        others -= 1
    rng.shuffle(out)
    return tuple(out)


def _how_many(rng: Random) -> int:
    return rng.choice((0, 0, 1, 1, 2, 2, 3, 3, 4, rng.randint(4, 9)))


def call(rng: Random, exam: bool = False, family: Callable | None = None) -> list[Turn]:
    """A question, the call, its result, the answer; now and then a second question to the same tools."""
    family = family or _family(rng)
    made, user, args, result, answer, accept = family(rng, exam)
    used, wanted, uses = [family], [made], [(made, user, args, result, answer, accept)]
    if rng.random() < 0.25:
        other = _family(rng)
        if other not in used and (use := other(rng, exam))[0]["name"] != made["name"]:
            used.append(other), wanted.append(use[0]), uses.append(use)
    tools = offered(rng, exam, wanted, used, _how_many(rng))
    turns: list[Turn] = []
    for made, user, args, result, answer, accept in uses:
        turns.append(Turn(user, "", key=EXACT, calls=((made["name"], args),), tools=tools))
        if rng.random() < 0.06:
            reason = expand(rng, "{not found|no network|timeout|unknown place|try later|wrong input}").lower()
            turns.append(Turn(json.dumps({"error": reason}), f"Sorry, that did not work: {reason}.", key=EXACT, role="tool"))
        else:
            turns.append(Turn(result, answer, accept, EXACT, role="tool"))
    return turns


def two_calls(rng: Random, exam: bool = False) -> list[Turn]:
    """One question that needs the same tool twice."""
    family, forms = rng.choice((
        (weather, "{what is the weather in <a> and <b>|weather in <a> and in <b>|how is the weather in <a> and <b>|compare the weather in <a> and <b>}{?|}"),
        (clock, "{what time is it in <a> and <b>|tell me the time in <a> and in <b>|what is the time in <a> and <b>}{?|}"),
    ))  # fmt: skip
    made, _, args, _, _, _ = family(rng, exam)
    place = next(iter(args), "city")
    a, b = city(rng, exam), city(rng, exam)
    made = tool(made["name"], made["description"], **{place: "string"})
    calls = tuple((made["name"], {place: where}) for where in (a, b))
    return [Turn(phrase(rng, exam, forms, a=a, b=b), "", key=EXACT, calls=calls, tools=offered(rng, exam, [made], [family], _how_many(rng)))]


def no_tool(rng: Random, exam: bool = False) -> list[Turn]:
    """A question for a tool that is not among those offered."""
    family = rng.choice([f for _, f in FAMILIES if f not in (invented, calculator)])
    _, user, *_ = family(rng, exam)
    tools = offered(rng, exam, [], [family], rng.choice((1, 2, 2, 3)))
    if not tools:
        tools = (calculator(rng, exam)[0],)
    return [Turn(user, "I have no tool for that.", "no tool", EXACT, tools=tools)]


def chatting(rng: Random, exam: bool, small_talk: Callable[[Random], list[Turn]]) -> list[Turn]:
    """Small talk while tools are offered: none is called."""
    tools = offered(rng, exam, [], [], rng.choice((1, 2, 3, 4))) or (weather(rng, exam)[0],)
    turns = small_talk(rng)
    return [Turn(t.user, t.reply, t.accept, t.key or ALWAYS_TRAIN, tools=tools) for t in turns]
