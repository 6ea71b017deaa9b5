"""The exam: held-out questions by topic, greedy answers of the exported folder, one table.

What is held out: two-digit pairs, words, names, and one phrasing in 16 (see corpus/splits.py); topics whose cases are
all trained on (one-digit sums, say) are asked with another seed. `--samples` prints whole conversations instead.
"""
import argparse
import re
from collections import defaultdict
from pathlib import Path
from random import Random

import torch

from checkpoint import greedy, load
from corpus import memory, mix
from corpus.grammar import Turn
from corpus.splits import held_out
from data import encode_prompt
from export import FOLDER

SAMPLES = [
    ["Hello!", "What are you?", "Where do you run?"],
    ["hi, my name is Zorbina", "what is 8 + 5?", "what's my name?"],
    ["Tell me a story about a dragon.", "Another one, please."],
    ["What is 27 + 35?", "and 64 - 19?", "Which is bigger, 71 or 17?"],
    ["Does anything I write leave my computer?", "Do I need an API key?", "How big are you?"],
    ["Spell window.", "Write window in upper case.", "What is the opposite of hot?"],
    ["Who won the football match yesterday?", "Explain quantum computing to me.", "ok, then tell me a joke"],
    ["Bonjour !", "I'm a bit sad today.", "yes please, a story about a lonely robot", "thank you, bye"],
]


def right(turn: Turn, reply: str) -> bool:
    if not turn.accept:
        return reply == turn.reply
    return re.search(turn.accept, reply, re.IGNORECASE | re.DOTALL) is not None


def as_messages(turns: list[Turn]) -> list[dict]:
    """All the exchanges, the last one without its reply."""
    out = []
    for turn in turns:
        out += [{"role": "user", "content": turn.user}, {"role": "assistant", "content": turn.reply}]
    return out[:-1]


def questions(topic: str, count: int, seed: int) -> list[list[Turn]]:
    rng = Random(f"exam {topic} {seed}")
    if topic.startswith("name after "):
        return [memory.remember_name(rng, mix.filler, int(topic.split()[2])) for _ in range(count)]
    out = []
    while len(out) < count:
        turns = mix.topic_turns(rng, topic, exam=True)
        asked = next((i for i, turn in enumerate(turns) if held_out(turn)), 0)
        out.append(turns[: asked + 1])
    return out


def answers(model, tokenizer, chats: list[list[dict]], max_tokens: int = 120) -> list[str]:
    """The greedy reply to each chat; chats of one length are answered together."""
    groups = defaultdict(list)
    for i, messages in enumerate(chats):
        prompt = encode_prompt(tokenizer, messages)
        groups[len(prompt)].append((i, prompt))
    replies = [""] * len(chats)
    for group in groups.values():
        for (i, _), ids in zip(group, greedy(model, [prompt for _, prompt in group], max_tokens)):
            replies[i] = tokenizer.decode(ids)
    return replies


def exam(model, tokenizer, topics: list[str], count: int, seed: int, wrong: int) -> None:
    asked = [(topic, turns) for topic in topics for turns in questions(topic, count, seed)]
    replies = answers(model, tokenizer, [as_messages(turns) for _, turns in asked])
    print("| topic | held out | right | of | share |\n|---|---|---:|---:|---:|")
    all_right = 0
    for topic in topics:
        here = [(turns, reply) for (name, turns), reply in zip(asked, replies) if name == topic]
        misses = [(turns, reply) for turns, reply in here if not right(turns[-1], reply)]
        hits = count - len(misses)
        held = "yes" if topic.startswith("name after ") or all(held_out(turns[-1]) for turns, _ in here) else "no"
        print(f"| {topic} | {held} | {hits} | {count} | {hits / count:.0%} |")
        for turns, reply in misses[:wrong]:
            print(f"    {turns[-1].user!r} -> {reply!r}, expected {turns[-1].reply!r}")
        all_right += hits
    print(f"| all | | {all_right} | {len(asked)} | {all_right / len(asked):.0%} |")


def samples(model, tokenizer) -> None:
    for asked in SAMPLES:
        messages: list[dict] = []
        for text in asked:
            messages.append({"role": "user", "content": text})
            messages.append({"role": "assistant", "content": answers(model, tokenizer, [messages])[0]})
            print(f"> {text}\n{messages[-1]['content']}")
        print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--count", type=int, default=100, help="questions a topic")
    parser.add_argument("--topics", nargs="*", help="only these")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wrong", type=int, default=0, help="show so many wrong answers a topic")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--samples", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = load(args.folder)
    if args.samples:
        samples(model, tokenizer)
    else:
        topics = args.topics or [*mix.TOPICS, "name after 0 others", "name after 1 others", "name after 2 others"]
        exam(model, tokenizer, topics, args.count, args.seed, args.wrong)


if __name__ == "__main__":
    main()
