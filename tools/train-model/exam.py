"""The exam: held-out questions by topic, and how a reply is judged. `exam.jsonl` is a choice of them by category, drawn once
and kept, so that weights can be compared.

What is held out: two-digit pairs, words, names, places, numbers, and one wording in 16 (see corpus/splits.py and
corpus/grammar.py); topics whose cases are all trained on (one-digit sums, say) are asked with another seed. Every other
question of most topics is in a wording that is trained on; its names, places and numbers are not.
"""
import json
import re
from dataclasses import dataclass, replace
from random import Random

from corpus import arithmetic, memory, mix, tools
from corpus.grammar import Turn
from corpus.splits import KNOWN_WORDINGS, held_out
from corpus.toolbox import tool

# category: topics and how many questions of each are in exam.jsonl
CATEGORIES: dict[str, dict[str, int]] = {
    "sums to 20": {"sum to 20": 30},
    "two-digit sums": {"two-digit sum": 30},
    "differences": {"difference": 15},
    "JSON fields": {"fields": 34, "list of names": 6},
    "labels": {"label": 40},
    "tool calls": {"tool call": 30, "usual tools": 10},
    "tool results": {"tool result": 15},
    "no tool needed": {"chat with tools": 8, "no such tool": 7},
    "about infetch": {"about infetch": 30, "identity": 10},
    "memory": {"name after 0 others": 6, "name after 1 others": 6, "name after 2 others": 6, "told and asked": 12},
    "units": {"conversion": 15, "longer": 5},
    "dates": {"days": 16},
    "rewriting": {"case": 6, "reversed words": 6, "plural": 6, "replace": 6, "list": 6},
    "reading": {"reading": 15},
    "system messages": {"persona": 8, "knowledge": 8, "style": 4},
    "small talk": {"greeting": 5, "how are you": 4, "thanks": 4, "language": 8, "joke": 3},
    "does not know": {"unknown": 12},
    "stories": {"story": 8},
    "words": {"spelling": 4, "letters": 4, "copy": 4, "upper case": 4},
}
TOPICS = [*mix.TOPICS, *mix.SKILLS, "sum to 20", "tool result", "usual tools", "told and asked", *(f"name after {n} others" for n in range(3))]
# Those that are asked in wordings that are held out and, every other time, in others.
TWO_WORDINGS = {*mix.SKILLS, "tool result", "usual tools"} - {"about infetch"}


@dataclass(frozen=True)
class Question:
    """The last turn is asked; its reply is what is expected."""

    topic: str
    turns: list[Turn]
    new_wording: bool = True

    @property
    def system(self) -> str:
        return self.turns[0].system

    @property
    def tools(self) -> tuple[dict, ...]:
        return self.turns[0].tools

    @property
    def asked(self) -> Turn:
        return self.turns[-1]


def _question(rng: Random, topic: str, new_wording: bool) -> list[Turn]:
    exam = True if new_wording else KNOWN_WORDINGS
    if topic.startswith("name after "):
        return memory.remember_name(rng, mix.filler, int(topic.split()[2]))
    if topic == "told and asked":
        return memory.remember(rng, mix.filler, exam=True)
    if topic == "sum to 20":
        return arithmetic.sum_to_20(rng)
    if topic == "tool result":
        return tools.call(rng, exam)[:2]
    if topic == "usual tools":
        return tools.call(rng, exam, rng.choice(tools.CORE))[:1]
    turns = mix.topic_turns(rng, topic, exam=exam)
    if topic in mix.SKILLS:
        return turns[:1]
    return turns[: next((i for i, turn in enumerate(turns) if held_out(turn)), 0) + 1]


def questions(topic: str, count: int, seed: int) -> list[Question]:
    """Different ones, as far as the topic has so many."""
    rng, seen, out = Random(f"exam {topic} {seed}"), set(), []
    for attempt in range(20 * count):
        new_wording = topic not in TWO_WORDINGS or len(out) % 2 == 0
        turns = _question(rng, topic, new_wording)
        told = "\n".join(turn.user for turn in turns)
        if told in seen and attempt < 19 * count:
            continue
        seen.add(told)
        out.append(Question(topic, turns, new_wording))
        if len(out) == count:
            break
    return out


def expected(turn: Turn) -> dict:
    """What a reply is held against: {calls}, {json}, {match: regular expression} or {reply}."""
    if turn.calls:
        return {"calls": [{"name": name, "arguments": arguments} for name, arguments in turn.calls]}
    if turn.accept == "json":
        return {"json": json.loads(turn.reply)}
    return {"match": turn.accept} if turn.accept else {"reply": turn.reply}


def calls_in(reply: str) -> list[dict] | None:
    found = re.findall(r"<tool_call>\n(.*?)\n</tool_call>", reply, re.DOTALL)
    try:
        return [json.loads(one) for one in found] if found else None
    except ValueError:
        return None


def right(turn: Turn, reply: str) -> bool:
    wanted = expected(turn)
    if "calls" in wanted:
        return calls_in(reply) == wanted["calls"]
    if "json" in wanted:
        try:
            return json.loads(reply) == wanted["json"]
        except ValueError:
            return False
    if "match" in wanted:
        return re.search(wanted["match"], reply, re.IGNORECASE | re.DOTALL) is not None
    return reply == wanted["reply"]


def messages(question: Question) -> list[dict]:
    """As the API takes them, but for an assistant's calls: pairs of name and arguments."""
    out: list[dict] = [{"role": "system", "content": question.system}] if question.system else []
    for turn in question.turns:
        out.append({"role": turn.role, "content": turn.user})
        if turn is not question.asked:
            out.append({"role": "assistant", **({"calls": turn.calls} if turn.calls else {"content": turn.reply})})
    return out


def item(category: str, question: Question) -> dict:
    """A line of exam.jsonl. A tool is its name, its description, and each parameter's type or values."""
    out = {"category": category, "messages": messages(question), "expect": expected(question.asked)}
    if question.topic in TWO_WORDINGS:
        out["wording"] = "new" if question.new_wording else "known"
    if question.tools:
        out["tools"] = [
            [tool["name"], tool["description"], {key: kind.get("enum") or kind["type"] for key, kind in tool["parameters"]["properties"].items()}]
            for tool in question.tools
        ]
    if question.asked.schema:
        out["schema"] = {key: kind["type"] for key, kind in question.asked.schema["properties"].items()}
    if question.asked.choices:
        out["choices"] = question.asked.choices
    return out


def question_of(item: dict) -> Question:
    """The question of a line of exam.jsonl."""
    told, expect = item["messages"], item["expect"]
    system = told[0]["content"] if told[0]["role"] == "system" else ""
    offered = tuple(tool(name, description, **parameters) for name, description, parameters in item.get("tools", []))
    turns: list[Turn] = []
    for one in told[1:] if system else told:
        if one["role"] == "assistant":
            calls = tuple((name, arguments) for name, arguments in one.get("calls", []))
            turns[-1] = replace(turns[-1], reply=one.get("content", ""), calls=calls)
        else:
            turns.append(Turn(one["content"], "", role=one["role"], system=system, tools=offered))
    calls = tuple((one["name"], one["arguments"]) for one in expect.get("calls", []))
    wanted = {"reply": json.dumps(expect["json"]), "accept": "json"} if "json" in expect else {"reply": expect.get("reply", ""), "accept": expect.get("match", "")}
    return Question(item["category"], [*turns[:-1], replace(turns[-1], calls=calls, **wanted)])


def drawn() -> list[tuple[dict, Question]]:
    """A new choice of questions, by category, and their lines."""
    chosen = [(category, one) for category, topics in CATEGORIES.items() for topic, count in topics.items() for one in questions(topic, count, 8)]
    return [(item(category, one), one) for category, one in chosen]
