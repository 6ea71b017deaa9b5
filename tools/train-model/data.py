"""Chats to token ids and loss masks: the chat form, the generated training set, batches of like length.

The chat form is CHAT_TEMPLATE below; what the model is trained to write is each reply and the <|im_end|> after it.
"""
import json
from pathlib import Path
from random import Random
from typing import Iterator, NamedTuple

import numpy as np
import torch

from bpe import END_OF_TEXT, IM_END, IM_START, Tokenizer
from corpus import mix, stories
from corpus.grammar import Turn
from files import replacing

MAX_TOKENS = 1024
PLAIN_SHARE = 0.01  # plain stories, for completions without a chat
# Tools are written as Hermes and Qwen do it, but for their parameters: a name, and its type or the values it may have.
CHAT_TEMPLATE = r"""
{%- macro text(message) %}
  {%- if message.content is string %}{{- message.content }}
  {%- elif message.content %}{%- for part in message.content %}{{- part.text if part.type == 'text' else '' }}{%- endfor %}
  {%- endif %}
{%- endmacro %}
{%- set heads = ['system', 'developer'] %}
{%- set headed = messages and messages[0].role in heads %}
{%- if tools %}
  {{- '<|im_start|>system\n' }}
  {%- if headed %}{{- text(messages[0]) + '\n' }}{%- endif %}
  {{- '<tools>\n' }}
  {%- for tool in tools %}
    {%- set f = tool.function if tool.function is defined else tool %}
    {{- '{"name": ' + (f.name | tojson) + ', "description": ' + ((f.description if f.description else '') | tojson) + ', "parameters": {' }}
    {%- if f.parameters and f.parameters.properties %}
      {%- for key, kind in f.parameters.properties.items() %}
        {{- ('' if loop.first else ', ') + (key | tojson) + ': ' + ((kind['enum'] if kind['enum'] else kind['type'] if kind['type'] else 'any') | tojson) }}
      {%- endfor %}
    {%- endif %}
    {{- '}}\n' }}
  {%- endfor %}
  {{- '</tools><|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
  {%- if message.role == 'tool' %}
    {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}{%- endif %}
    {{- '\n<tool_response>\n' + text(message) + '\n</tool_response>' }}
    {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\n' }}{%- endif %}
  {%- elif not (loop.first and headed and tools) %}
    {{- '<|im_start|>' + ('system' if message.role in heads else message.role) + '\n' + text(message) }}
    {%- for call in message.tool_calls or [] %}
      {%- set f = call.function if call.function is defined else call %}
      {{- ('' if loop.first and not message.content else '\n') + '<tool_call>\n{"name": ' + (f.name | tojson) + ', "arguments": ' }}
      {{- (f.arguments if f.arguments is string else f.arguments | tojson) + '}\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\n' }}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
""".strip()


def to_json(value: object) -> str:
    """As the template's tojson."""
    return json.dumps(value, ensure_ascii=False)


def signature(tool: dict) -> str:
    """A tool as the template writes it."""
    properties = tool["parameters"]["properties"]
    parameters = ", ".join(f"{to_json(key)}: {to_json(kind.get('enum') or kind['type'])}" for key, kind in properties.items())
    return f'{{"name": {to_json(tool["name"])}, "description": {to_json(tool["description"])}, "parameters": {{{parameters}}}}}'


def called(calls: tuple) -> str:
    """Calls as the model writes them."""
    return "\n".join(f'<tool_call>\n{{"name": {to_json(name)}, "arguments": {to_json(args)}}}\n</tool_call>' for name, args in calls)


def opening(system: str, tools: tuple) -> str:
    """The system message's text; empty: there is none."""
    if not tools:
        return system
    lines = ([system] if system else []) + ["<tools>", *map(signature, tools), "</tools>"]
    return "\n".join(lines)


def message(tokenizer: Tokenizer, role: str, text: str) -> list[int]:
    return [IM_START, *tokenizer.encode(f"{role}\n{text}"), IM_END, *tokenizer.encode("\n")]


def generation_prompt(tokenizer: Tokenizer) -> list[int]:
    return [IM_START, *tokenizer.encode("assistant\n")]


def asked(tokenizer: Tokenizer, turn: Turn) -> list[int]:
    text = f"<tool_response>\n{turn.user}\n</tool_response>" if turn.role == "tool" else turn.user
    return message(tokenizer, "user", text)


def encode_prompt(tokenizer: Tokenizer, turns: list[Turn], system: str = "", tools: tuple = ()) -> list[int]:
    """What CHAT_TEMPLATE renders with add_generation_prompt, as ids; the last turn without its reply."""
    head = opening(system, tools)
    ids = message(tokenizer, "system", head) if head else []
    for turn in turns[:-1]:
        ids += asked(tokenizer, turn) + message(tokenizer, "assistant", called(turn.calls) or turn.reply)
    return ids + asked(tokenizer, turns[-1]) + generation_prompt(tokenizer)


def tokens_of(tokenizer: Tokenizer, ids: list[int], beginning: str) -> int:
    """How many of the ids spell `beginning`, the last of them perhaps not whole."""
    count, left = 0, len(beginning.encode())
    while left > 0:
        left -= len(tokenizer.tokens[ids[count]])
        count += 1
    return count


def encode_chat(tokenizer: Tokenizer, chat: mix.Chat) -> tuple[list[int], list[int]]:
    """Ids and, for each, whether the model is trained to write it. Exchanges that no longer fit are dropped."""
    head = opening(chat.system, chat.tools)
    ids: list[int] = message(tokenizer, "system", head) if head else []
    learn = [0] * len(ids)
    for turn in chat.turns:
        question = asked(tokenizer, turn) + generation_prompt(tokenizer)
        # Role and text are encoded apart, so that a reply's first token never depends on the role before it.
        reply = [*tokenizer.encode(called(turn.calls) or turn.reply), IM_END]
        unlearned = tokens_of(tokenizer, reply, turn.given)
        end = tokenizer.encode("\n")
        if len(ids) + len(question) + len(reply) + len(end) > MAX_TOKENS:
            break
        ids += question + reply + end
        learn += [0] * (len(question) + unlearned) + [1] * (len(reply) - unlearned) + [0] * len(end)
    return ids, learn


def generate(tokenizer: Tokenizer, seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids (uint16), learn (bool) of all chats end to end, and their bounds."""
    rng = Random(seed)
    ids: list[np.ndarray] = []
    learn: list[np.ndarray] = []
    for _ in range(count):
        if rng.random() < PLAIN_SHARE:
            one = [*tokenizer.encode(stories.plain_story(rng)), END_OF_TEXT]
            mask = [1] * len(one)
        else:
            one, mask = encode_chat(tokenizer, mix.chat(rng))
        ids.append(np.array(one, dtype=np.uint16))
        learn.append(np.array(mask, dtype=bool))
    bounds = np.cumsum([0] + [len(one) for one in ids])
    return np.concatenate(ids), np.concatenate(learn), bounds


def generate_at(path: Path, tokenizer: Tokenizer, seed: int, count: int) -> None:
    """Makes the file of chats, if there is none."""
    if not path.exists():
        ids, learn, bounds = generate(tokenizer, seed, count)
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, ids=ids, learn=learn, bounds=bounds)


def load(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stored = np.load(path)
    return stored["ids"], stored["learn"], stored["bounds"]


class Micro(NamedTuple):
    """A few chats of like length, and what of them is learned."""

    ids: torch.Tensor  # [chats, length]
    picked: torch.Tensor  # [learned]: where, in ids[:, :-1] end to end, a learned token comes next
    targets: torch.Tensor  # [learned]: that token
    weights: torch.Tensor  # [learned]: what it counts


class Step(NamedTuple):
    micros: list[Micro]
    weight: float  # the sum of all learned tokens' weights
    tokens: int  # with padding


def weights_of(learn: np.ndarray) -> np.ndarray:
    """What each token of a chat counts: one over the root of its reply's length, so that a label's one token is heard
    beside the many of a story."""
    edges = np.flatnonzero(np.diff(learn.astype(np.int8), prepend=0, append=0))
    lengths = edges[1::2] - edges[::2]
    weights = np.zeros(len(learn), dtype=np.float32)
    weights[learn] = np.repeat(lengths**-0.5, lengths)
    return weights


def batches(data, tokens: int, micro_tokens: int, seed: int, skip: int = 0) -> Iterator[Step]:
    """For ever: about `tokens` random chats' tokens, cut into micro-batches of like length (little padding).

    The seed alone decides the order. The first `skip` steps are left out.
    """
    ids, learn, bounds = data
    lengths = np.diff(bounds)
    rng = np.random.default_rng(seed)
    chats = int(tokens / lengths.mean())
    if not 0 < chats <= len(lengths):
        raise SystemExit(f"Cannot make steps of {tokens} tokens: a chat has {lengths.mean():.0f}, there are {len(lengths)} chats")
    while True:
        order = rng.permutation(len(lengths))
        for start in range(0, len(order) - chats + 1, chats):
            if skip > 0:
                skip -= 1
                continue
            chosen = sorted(order[start : start + chats], key=lambda i: lengths[i])
            step = Step([], 0.0, 0)
            while chosen:
                count = 1
                while count < len(chosen) and (count + 1) * lengths[chosen[count]] <= micro_tokens:
                    count += 1
                group, chosen = chosen[:count], chosen[count:]
                x = torch.zeros(count, int(lengths[group[-1]]), dtype=torch.long)
                y = torch.zeros(x.shape)
                for row, i in enumerate(group):
                    x[row, : lengths[i]] = torch.from_numpy(ids[bounds[i] : bounds[i + 1]].astype(np.int64))
                    y[row, : lengths[i]] = torch.from_numpy(weights_of(learn[bounds[i] : bounds[i + 1]]))
                targets, weights = x[:, 1:], y[:, 1:]
                picked = weights > 0
                micro = Micro(x, picked.flatten().nonzero().flatten(), targets[picked], weights[picked])
                step = Step([*step.micros, micro], step.weight + float(weights.sum()), step.tokens + x.numel())
            yield step
