"""Reads an exported folder back: weights (float16, or matrices in MLX's 8 or 4 bits), tokenizer; greedy decoding in plain torch."""
import json
import struct
from pathlib import Path

import numpy as np
import torch

from bpe import END_OF_TEXT, IM_END, Tokenizer
from export import GROUP
from model import Config, Llama, Past


def load(folder: Path, dtype: torch.dtype = torch.float32) -> tuple[Llama, Tokenizer]:
    raw = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    stored = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (8 + length + at for at in entry["data_offsets"])
            stored[name] = np.frombuffer(raw[start:end], {"F16": "<f2", "U32": "<u4"}[entry["dtype"]]).reshape(entry["shape"])
    weights = {name: torch.from_numpy(matrix(stored, name)).to(dtype) for name in stored if name.endswith(".weight")}
    model = Llama(Config.from_json(json.loads((folder / "config.json").read_text()))).to(dtype)
    model.load_state_dict(weights)
    return model.eval(), Tokenizer.load(folder / "tokenizer.json")


def matrix(stored: dict[str, np.ndarray], name: str) -> np.ndarray:
    """float64 of a tensor, whether it is float16 or quantized (see export.py)."""
    values = stored[name]
    if values.dtype != np.uint32:
        return values.astype(np.float64)
    scales, biases = (stored[name.removesuffix("weight") + part].astype(np.float64)[..., None] for part in ("scales", "biases"))
    bits = 32 * values.shape[1] // (scales.shape[1] * GROUP)
    quanta = values[..., None] >> np.arange(0, 32, bits, dtype="<u4") & (2**bits - 1)
    return (quanta.reshape(*scales.shape[:2], GROUP) * scales + biases).reshape(values.shape[0], -1)


@torch.no_grad()
def greedy(model: Llama, prompts: list[list[int]], max_tokens: int) -> list[list[int]]:
    """The likeliest continuation of each prompt, without its end token. All prompts are of one length."""
    out: list[list[int]] = [[] for _ in prompts]
    device = model.model.embed_tokens.weight.device
    going = torch.arange(len(prompts), device=device)
    cache: list[Past] = [[] for _ in model.model.layers]
    ids = torch.tensor(prompts, device=device)
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
