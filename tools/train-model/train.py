"""Trains the model on the generated chats: Muon and AdamW, warm-up, constant rate, linear decay at the end (WSD).

The wall clock plans the run: --minutes in all, the last --decay of them cooling down. `out/last.pt` is written every
few minutes (with a running mean of the weights, good enough to export), `out/final.pt` at the end.
"""
import argparse
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import multiprocessing as mp
from torch.nn import functional as F

from bpe import Tokenizer, plain_parts
from bpe import train as train_bpe
from corpus import mix
from checkpoint import load
from data import batches, called, load_or_generate, opening
from model import Config, Llama
from optimizer import Optimizer

OUT = Path(__file__).parent / "out"


def tokenizer_at(path: Path, vocab_size: int, grown: Path | None) -> Tokenizer:
    """The tokenizer stored at `path`; trained on 40,000 chats first if there is none, its first merges those in `grown`."""
    if not path.exists():
        rng = Random(1)
        chats = [mix.chat(rng) for _ in range(40_000)]
        lines = [line for chat in chats for turn in chat.turns for line in (turn.user, called(turn.calls) or turn.reply)]
        lines += ["system\n", "user\n", "assistant\n"] * 1000 + [opening(chat.system, chat.tools) for chat in chats]
        first = Tokenizer.load(grown).merges if grown else []
        tokenizer = Tokenizer(train_bpe((part for line in lines for part in plain_parts(line)), vocab_size, first))
        path.write_text(json.dumps(tokenizer.to_json(), ensure_ascii=False, indent=1) + "\n")
    return Tokenizer.load(path)


def share_of_step(model: Llama, micros: list, next_micro) -> float:
    """Takes micro-batches nobody has taken until none is left; adds up their gradients, returns their loss.

    The step's loss is the weighted mean over all its learned tokens, so shares simply add.
    """
    total = sum(float(weights[:, 1:].sum()) for _, weights in micros)
    loss_sum = 0.0
    while True:
        with next_micro.get_lock():
            taken = next_micro.value
            next_micro.value += 1
        if taken >= len(micros):
            return loss_sum
        ids, weights = micros[taken]
        picked = weights[:, 1:] > 0
        # Matrix products in bfloat16 (twice as fast where the CPU has AVX-512 BF16), everything else in float32.
        with torch.autocast("cpu", torch.bfloat16):
            logits = model.logits(model.hidden(ids[:, :-1])[picked])
        losses = F.cross_entropy(logits.float(), ids[:, 1:][picked], reduction="none")
        loss = losses @ weights[:, 1:][picked] / total
        loss.backward()
        loss_sum += loss.item()


@dataclass
class Shared:
    """What the processes of a run see together. `gate` is passed at each step's start and end."""

    model: Llama
    grads: torch.Tensor  # [workers, parameters]
    losses: torch.Tensor  # [workers]
    gate: Any
    next_micro: Any
    done: Any

    @classmethod
    def make(cls, model: Llama, workers: int, context) -> "Shared":
        size = sum(p.numel() for p in model.parameters())
        grads, losses = torch.zeros(workers, size).share_memory_(), torch.zeros(workers).share_memory_()
        gate, next_micro, done = context.Barrier(workers), context.Value("i", 0), context.Value("b", 0)
        return cls(model.share_memory(), grads, losses, gate, next_micro, done)


def worker(rank: int, args: argparse.Namespace, shared: Shared) -> None:
    """A process beside the first: sees the same steps, computes the micro-batches it gets hold of."""
    torch.set_num_threads(1)
    parameters = list(shared.model.parameters())
    for micros in batches(load_data(args), args.tokens, args.micro, args.seed + args.first_step):
        shared.gate.wait()
        if shared.done.value:
            return
        for p in parameters:
            p.grad = torch.zeros_like(p)
        shared.losses[rank] = share_of_step(shared.model, micros, shared.next_micro)
        torch.cat([p.grad.flatten() for p in parameters], out=shared.grads[rank])
        shared.gate.wait()


def load_data(args: argparse.Namespace):
    tokenizer = tokenizer_at(OUT / "tokenizer.json", Config().vocab_size, args.grow and args.grow / "tokenizer.json")
    return load_or_generate(OUT / f"data-{args.seed}-{args.chats}.npz", tokenizer, args.seed, args.chats)


def grown_model(folder: Path) -> Llama:
    """The exported model in this Config's shape: a new token begins as the mean of its parts, a new layer as no change.

    New layers come before the last one.
    """
    old, _ = load(folder)
    model, tokenizer = Llama(Config()), Tokenizer.load(OUT / "tokenizer.json")
    weights, layers = old.state_dict(), old.config.num_hidden_layers
    with torch.no_grad():
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
    return model


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--decay", type=float, default=20, help="minutes of cooling down at the end")
    parser.add_argument("--chats", type=int, default=300_000)
    parser.add_argument("--tokens", type=int, default=6144, help="tokens of a step")
    parser.add_argument("--micro", type=int, default=1536, help="tokens of a micro-batch")
    parser.add_argument("--rate", type=float, default=2e-3, help="of the embedding and the norms")
    parser.add_argument("--matrix-rate", type=float, default=0.008, help="of all other matrices")
    parser.add_argument("--warmup", type=int, default=150)
    parser.add_argument("--workers", type=int, default=3, help="processes, one thread each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from out/last.pt")
    parser.add_argument("--grow", type=Path, help="start from this exported folder: its tokens first, new ones and layers added")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    OUT.mkdir(exist_ok=True)
    data = load_data(args)
    print(f"{len(data[2]) - 1} chats, {len(data[0])} tokens, {int(data[1].sum())} of them learned", flush=True)

    model = grown_model(args.grow) if args.grow else Llama(Config())
    optimizer = Optimizer(model, args.matrix_rate, args.rate)
    mean = {name: p.detach().clone() for name, p in model.named_parameters()}
    state = {"step": 0, "tokens": 0, "seconds": 0.0}
    if args.resume:
        stored = torch.load(OUT / "last.pt")
        model.load_state_dict(stored["weights"])
        optimizer.load_state_dict(stored["optimizer"])
        mean, state = stored["mean"], stored["state"]
    args.first_step = state["step"]

    def save(name: str) -> None:
        path = OUT / name
        parts = {"weights": model.state_dict(), "optimizer": optimizer.state_dict(), "mean": mean, "state": state}
        torch.save(parts, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").rename(path)

    context = mp.get_context("spawn")
    shared = Shared.make(model, args.workers, context)
    parameters = list(model.parameters())
    others = [context.Process(target=worker, args=(rank, args, shared)) for rank in range(1, args.workers)]
    for process in others:
        process.start()

    start = last = saved = time.time()
    end, decay = start + 60 * args.minutes, 60 * args.decay
    losses: list[float] = []
    for micros in batches(data, args.tokens, args.micro, args.seed + args.first_step):
        now = time.time()
        shared.done.value = now >= end
        shared.next_micro.value = 0
        shared.gate.wait()
        if shared.done.value:
            break
        factor = min(1, (state["step"] - args.first_step + 1) / args.warmup, (end - now) / decay if decay else 1)
        for p in parameters:
            p.grad = torch.zeros_like(p)
        shared.losses[0] = share_of_step(model, micros, shared.next_micro)
        shared.gate.wait()
        losses.append(float(shared.losses.sum()))
        for p, parts in zip(parameters, shared.grads[1:].sum(0).split([p.numel() for p in parameters])):
            p.grad += parts.view_as(p)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step(factor)
        keep = min(0.98, state["step"] / (state["step"] + 20))
        with torch.no_grad():
            for name, p in model.named_parameters():
                mean[name].lerp_(p, 1 - keep)
        state["step"] += 1
        state["tokens"] += sum(ids.numel() for ids, _ in micros)
        if state["step"] % 20 == 0:
            seconds = time.time() - last
            state["seconds"] += seconds
            print(
                f"step {state['step']} loss {sum(losses) / len(losses):.4f} rate {factor:.3f} tokens {state['tokens'] / 1e6:.2f}M "
                f"{20 * args.tokens / seconds:.0f} tok/s {state['seconds'] / 60:.1f} min",
                flush=True,
            )
            losses, last = [], time.time()
        if time.time() - saved > 180:
            save("last.pt")
            saved = time.time()
    for process in others:
        process.join()
    save("final.pt")


if __name__ == "__main__":
    main()
