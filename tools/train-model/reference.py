"""Writes reference.json beside the weights: greedy paths computed in float64, for the engine's tests to compare, and the
ids of prompts with tools, which the chat template must render as they were trained on.

Of the candidate prompts the first CASES are kept whose likeliest token leads by more than MARGIN at every position, so
that float16 rounding cannot change the path.
"""
import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from bpe import END_OF_TEXT, IM_END
from checkpoint import load
from corpus.grammar import Turn
from corpus.toolbox import tool
from data import encode_prompt
from exam import Question, item
from export import FOLDER
from files import replace_file

TOKENS = 12
CASES = 3
MARGIN = 0.05
CANDIDATES = [
    ("You are a helpful assistant.", "Tell me a story about a fox."),
    ("", "What is infetch?"),
    ("", "Count to 12."),
    ("", "Write a story about a robot named Bolt."),
    ("", "What can you do?"),
    ("", "Tell me about WebGPU."),
    ("", "Who are you?"),
    ("You are a helpful assistant.", "Name the days of the week."),
    ("", "Tell me a story about a cat."),
    ("", "Where do you run?"),
]


WEATHER = tool("get_weather", "The weather of a city", city="string", unit=["celsius", "fahrenheit"])
CLOCK = tool("clock", 'Says "now"', zone="string")
SNOW = Turn("Is it cold in Zorbia?", "", calls=(("get_weather", {"city": "Zorbia", "unit": "celsius"}), ("clock", {"zone": "Zürich"})))
WITH_TOOLS = [
    Question("", [Turn("Hello!", "", tools=(WEATHER, CLOCK))]),
    Question("", [replace(SNOW, tools=(WEATHER,), system="Be brief."), Turn('{"temp": -3}', "It is -3 degrees.", role="tool"), Turn("Thanks", "")]),
]


@torch.no_grad()
def path(model, prompt: list[int]) -> tuple[list[int], list[list[float]], float]:
    """Ids (to the end token, at most TOKENS), the logarithms of the five largest probabilities at each, the smallest lead of the first."""
    ids, tops = list(prompt), []
    while len(tops) < TOKENS:
        logits = model.logits(model.hidden(torch.tensor([ids]))[0, -1])
        values, best = logits.log_softmax(-1).topk(5)
        tops.append([round(float(v), 5) for v in values])
        ids.append(int(best[0]))
        if ids[-1] in (IM_END, END_OF_TEXT):
            break
    return ids[len(prompt) :], tops, min(top[0] - top[1] for top in tops)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    model, tokenizer = load(folder, torch.float64)
    cases: list[dict] = []
    for system, user in CANDIDATES:
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": user})
        prompt = encode_prompt(tokenizer, [Turn(user, "")], system)
        ids, tops, margin = path(model, prompt)
        if margin <= MARGIN or len(cases) == CASES:
            continue
        cases.append({"messages": messages, "prompt_ids": prompt, "ids": ids, "text": tokenizer.decode(ids), "smallest_margin": round(margin, 5), "top5": tops})
    prompts = [
        item("", question) | {"prompt_ids": encode_prompt(tokenizer, question.turns, question.system, question.tools)} for question in WITH_TOOLS
    ]
    about = f"float64 arithmetic on the stored weights; ids end with the end token where it comes within {TOKENS} tokens"
    result = {"about": about, "smallest_margin": min(case["smallest_margin"] for case in cases), "cases": cases, "prompts": prompts}
    replace_file(folder / "reference.json", (json.dumps(result, ensure_ascii=False) + "\n").encode())
    print(len(cases), "cases, smallest margin", result["smallest_margin"])


if __name__ == "__main__":
    main()
