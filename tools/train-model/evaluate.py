"""Greedy answers of the exported folder to the exam, in PyTorch's float32: one table by topic.

`--samples` prints whole conversations instead; `--record` answers the questions of exam.jsonl, which the engine is examined
with, and writes the prompts' lengths and the replies' token ids there; with `--draw` it draws new questions first.
"""
import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

from checkpoint import greedy, load
from corpus.grammar import Turn
from data import encode_prompt
from device import DEVICES, chosen
from exam import TOPICS, Question, drawn, question_of, questions, right
from export import FOLDER, HERE
from files import replace_file

SAMPLES = [
    ["Hello!", "What are you?", "Where do you run?"],
    ["hi, my name is Zorbina", "what is 8 + 5?", "what's my name?"],
    ["Tell me a story about a dragon.", "Another one, please."],
    ["What is 27 + 35?", "and 64 - 19?", "Which is bigger, 71 or 17?"],
    ["Does anything I write leave my computer?", "Do I need an API key?", "How big are you?"],
    ["Spell window.", "Write window in upper case.", "What is the opposite of hot?"],
    ["Who won the football match yesterday?", "Explain quantum computing to me.", "ok, then tell me a joke"],
    ["Bonjour !", "I'm a bit sad today.", "yes please, a story about a lonely robot", "thank you, bye"],
    ["Extract name and age as JSON: Kalinka is 31 and likes tea.", "How many cm are 4 metres?", "What is the plural of box?"],
    ["Classify as positive or negative: the soup was cold and the waiter was rude", "Reverse the words: one two three", "Can I use GGUF files?"],
]
MAX_TOKENS = 120
QUESTIONS = HERE / "exam.jsonl"


def replies(model, tokenizer, asked: list[Question]) -> list[tuple[list[int], list[int]]]:
    """Prompt and greedy reply, as ids; prompts of one length are answered together."""
    groups = defaultdict(list)
    for i, question in enumerate(asked):
        prompt = encode_prompt(tokenizer, question.turns, question.system, question.tools)
        groups[len(prompt)].append((i, prompt))
    out: list = [None] * len(asked)
    for group in groups.values():
        for (i, prompt), ids in zip(group, greedy(model, [prompt for _, prompt in group], MAX_TOKENS)):
            out[i] = prompt, ids
    return out


def exam(model, tokenizer, topics: list[str], count: int, seed: int, wrong: int) -> None:
    asked = [question for topic in topics for question in questions(topic, count, seed)]
    texts = [tokenizer.decode(ids) for _, ids in replies(model, tokenizer, asked)]
    print("| topic | right | of | share |\n|---|---:|---:|---:|")
    all_right = 0
    for topic in topics:
        here = [(question.asked, text) for question, text in zip(asked, texts) if question.topic == topic]
        misses = [(turn, text) for turn, text in here if not right(turn, text)]
        hits = len(here) - len(misses)
        print(f"| {topic} | {hits} | {len(here)} | {hits / len(here):.0%} |")
        for turn, text in misses[:wrong]:
            print(f"    {turn.user!r} -> {text!r}, expected {turn.reply or turn.calls!r}")
        all_right += hits
    print(f"| all | {all_right} | {len(asked)} | {all_right / len(asked):.0%} |")


def record(model, tokenizer, asked: list[tuple[dict, Question]]) -> None:
    lines, hits = [], 0
    for (line, question), (prompt, ids) in zip(asked, replies(model, tokenizer, [question for _, question in asked])):
        hits += right(question.asked, tokenizer.decode(ids))
        lines.append(json.dumps(line | {"prompt_tokens": len(prompt), "ids": ids}, ensure_ascii=False, separators=(",", ":")))
    text = "\n".join(lines) + "\n"
    replace_file(QUESTIONS, text.encode())
    print(f"{QUESTIONS.name}: {len(lines)} questions, {hits} right, {len(text.encode())} bytes")


def samples(model, tokenizer) -> None:
    for texts in SAMPLES:
        turns: list[Turn] = []
        for text in texts:
            [(_, ids)] = replies(model, tokenizer, [Question("", [*turns, Turn(text, "")])])
            turns.append(Turn(text, tokenizer.decode(ids)))
            print(f"> {text}\n{turns[-1].reply}")
        print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--count", type=int, default=100, help="questions a topic")
    parser.add_argument("--topics", nargs="*", default=TOPICS, help="only these")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wrong", type=int, default=0, help="show so many wrong answers a topic")
    parser.add_argument("--device", choices=DEVICES, help="default: cuda, if there is a GPU")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--samples", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--draw", action="store_true", help="with --record: other questions")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = load(args.folder)
    model.to(chosen(args.device).type)
    if args.samples:
        samples(model, tokenizer)
    elif args.record:
        lines = map(json.loads, QUESTIONS.read_text().splitlines())
        record(model, tokenizer, drawn() if args.draw else [(line, question_of(line)) for line in lines])
    else:
        exam(model, tokenizer, args.topics, args.count, args.seed, args.wrong)


if __name__ == "__main__":
    main()
