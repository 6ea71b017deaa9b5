"""A larger model out of an exported one: more layers, more tokens, the same width."""
import re
from pathlib import Path

import torch

from bpe import Tokenizer
from checkpoint import load
from model import Llama


@torch.no_grad()
def grow(folder: Path, model: Llama, tokenizer: Tokenizer) -> None:
    """Gives the model the exported one's weights: a new token begins as the mean of its parts, a new layer as no change.

    New layers come before the last one. The tokenizer's first tokens must be those of the folder.
    """
    old, _ = load(folder)
    if old.config.hidden_size != model.config.hidden_size:
        raise SystemExit(f"Cannot grow {folder}: its width is {old.config.hidden_size}, asked for is {model.config.hidden_size}")
    weights, layers = old.state_dict(), old.config.num_hidden_layers
    for name, p in model.named_parameters():
        at = re.sub(rf"layers\.{model.config.num_hidden_layers - 1}\.", f"layers.{layers - 1}.", name)
        layer = re.search(r"layers\.(\d+)\.", name)
        if layer and layers - 1 <= int(layer[1]) < model.config.num_hidden_layers - 1:
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                p.zero_()
            continue
        p[: len(weights[at])] = weights[at]
    rows = model.model.embed_tokens.weight
    for id in range(old.config.vocab_size, model.config.vocab_size):
        a, b = tokenizer.merges[id - len(tokenizer.tokens) + len(tokenizer.merges)]
        rows[id] = (rows[tokenizer.ids[a]] + rows[tokenizer.ids[b]]) / 2
