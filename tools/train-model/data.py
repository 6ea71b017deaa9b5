"""Chats to token ids and loss masks: the chat form, the generated training set, batches of like length.

The chat form is CHAT_TEMPLATE below; what the model is trained to write is each reply and the <|im_end|> after it.
"""
from pathlib import Path
from random import Random
from typing import Iterator

import numpy as np
import torch

from bpe import END_OF_TEXT, IM_END, IM_START, Tokenizer
from corpus import mix, stories

MAX_TOKENS = 512
PLAIN_SHARE = 0.01  # plain stories, for completions without a chat
CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\\n' }}"
    "{%- if message['content'] is string %}{{- message['content'] }}"
    "{%- elif message['content'] %}{%- for part in message['content'] %}{{- part['text'] if part['type'] == 'text' else '' }}{%- endfor %}"
    "{%- endif %}"
    "{{- '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)


def message(tokenizer: Tokenizer, role: str, text: str) -> list[int]:
    return [IM_START, *tokenizer.encode(f"{role}\n{text}"), IM_END, *tokenizer.encode("\n")]


def generation_prompt(tokenizer: Tokenizer) -> list[int]:
    return [IM_START, *tokenizer.encode("assistant\n")]


def encode_prompt(tokenizer: Tokenizer, messages: list[dict]) -> list[int]:
    """What CHAT_TEMPLATE renders with add_generation_prompt, as ids."""
    ids = [i for m in messages for i in message(tokenizer, m["role"], m["content"])]
    return ids + generation_prompt(tokenizer)


def encode_chat(tokenizer: Tokenizer, chat: mix.Chat) -> tuple[list[int], list[int]]:
    """Ids and, for each, whether the model is trained to write it. Exchanges that no longer fit are dropped."""
    ids: list[int] = message(tokenizer, "system", chat.system) if chat.system else []
    learn = [0] * len(ids)
    for turn in chat.turns:
        asked = message(tokenizer, "user", turn.user) + generation_prompt(tokenizer)
        # Role and text are encoded apart, so that a reply's first token never depends on the role before it.
        reply = [*tokenizer.encode(turn.reply), IM_END]
        end = tokenizer.encode("\n")
        if len(ids) + len(asked) + len(reply) + len(end) > MAX_TOKENS:
            break
        ids += asked + reply + end
        learn += [0] * len(asked) + [1] * len(reply) + [0] * len(end)
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


def load_or_generate(path: Path, tokenizer: Tokenizer, seed: int, count: int):
    if not path.exists():
        ids, learn, bounds = generate(tokenizer, seed, count)
        np.savez(path, ids=ids, learn=learn, bounds=bounds)
    stored = np.load(path)
    return stored["ids"], stored["learn"], stored["bounds"]


Micro = tuple[torch.Tensor, torch.Tensor]  # ids [chats, length], learn [chats, length]


def batches(data, tokens: int, micro_tokens: int, seed: int) -> Iterator[list[Micro]]:
    """For ever: about `tokens` random chats' tokens, cut into micro-batches of like length (little padding)."""
    ids, learn, bounds = data
    lengths = np.diff(bounds)
    rng = np.random.default_rng(seed)
    chats = int(tokens / lengths.mean())
    while True:
        order = rng.permutation(len(lengths))
        for start in range(0, len(order) - chats + 1, chats):
            chosen = sorted(order[start : start + chats], key=lambda i: lengths[i])
            micro: list[Micro] = []
            while chosen:
                count = 1
                while count < len(chosen) and (count + 1) * lengths[chosen[count]] <= micro_tokens:
                    count += 1
                group, chosen = chosen[:count], chosen[count:]
                x = np.zeros((count, lengths[group[-1]]), dtype=np.int64)
                y = np.zeros(x.shape, dtype=bool)
                for row, i in enumerate(group):
                    x[row, : lengths[i]] = ids[bounds[i] : bounds[i + 1]]
                    y[row, : lengths[i]] = learn[bounds[i] : bounds[i + 1]]
                micro.append((torch.from_numpy(x), torch.from_numpy(y)))
            yield micro
