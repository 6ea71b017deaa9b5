"""Reads an exported folder back: weights, tokenizer, and greedy decoding in plain torch."""
import json
import struct
from pathlib import Path

import numpy as np
import torch

from bpe import END_OF_TEXT, IM_END, Tokenizer
from model import Config, Llama, Past


def load(folder: Path, dtype: torch.dtype = torch.float32) -> tuple[Llama, Tokenizer]:
    raw = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (8 + length + at for at in entry["data_offsets"])
            weights[name] = torch.from_numpy(np.frombuffer(raw[start:end], "<f2").reshape(entry["shape"]).copy()).to(dtype)
    model = Llama(Config.from_json(json.loads((folder / "config.json").read_text()))).to(dtype)
    model.load_state_dict(weights)
    return model.eval(), Tokenizer.load(folder / "tokenizer.json")


@torch.no_grad()
def greedy(model: Llama, prompts: list[list[int]], max_tokens: int) -> list[list[int]]:
    """The likeliest continuation of each prompt, without its end token. All prompts are of one length."""
    out: list[list[int]] = [[] for _ in prompts]
    going = torch.arange(len(prompts))
    cache: list[Past] = [[] for _ in model.model.layers]
    ids = torch.tensor(prompts)
    for _ in range(min(max_tokens, model.config.max_position_embeddings - ids.shape[1])):
        best = model.logits(model.hidden(ids, cache)[:, -1]).argmax(-1)
        on = ((best != IM_END) & (best != END_OF_TEXT)).nonzero().flatten()
        if len(on) == 0:
            break
        going, best = going[on], best[on]
        for row, token in zip(going.tolist(), best.tolist()):
            out[row].append(token)
        for past in cache:
            past[:] = (part[on] for part in past)
        ids = best[:, None]
    return out
