"""Trains the model on the generated chats: Muon and AdamW, warm-up, constant rate, linear decay at the end (WSD).

A run is as long as --minutes (or --steps) says, the last --decay of it cooling down. It may be cut into pieces: --piece
ends one before so many minutes are over, --resume goes on with the next as if there had been no break. `last.pt` is written
every few minutes (with a running mean of the weights, good enough to export), `final.pt` at the end.
"""
import time

BEGAN = time.time()  # before torch is loaded: a piece's minutes count from here

import argparse
import json
import math
from pathlib import Path
from random import Random
from typing import Callable

import torch

from bpe import Tokenizer, plain_parts
from bpe import train as train_bpe
from corpus import mix
from crew import Alone, Course, Crew
from data import batches, called, generate_at, load, opening
from device import DEVICES, Device, chosen
from files import replace_file
from grow import grow
from model import SHAPES, Llama
from optimizer import Optimizer
from run import Run, stored

OUT = Path(__file__).parent / "out"
OF_THE_RUN = ("shape", "minutes", "steps", "decay", "chats", "tokens", "micro", "rate", "matrix_rate", "warmup", "seed")
SAVE_EVERY = 180  # seconds
RESERVE = 30  # seconds of a piece, for its last checkpoint


def tokenizer_at(path: Path, vocab_size: int, grown: Path | None) -> Tokenizer:
    """The tokenizer stored at `path`; trained on 40,000 chats first if there is none, its first merges those in `grown`."""
    if not path.exists():
        rng = Random(1)
        chats = [mix.chat(rng) for _ in range(40_000)]
        lines = [line for chat in chats for turn in chat.turns for line in (turn.user, called(turn.calls) or turn.reply)]
        lines += ["system\n", "user\n", "assistant\n"] * 1000 + [opening(chat.system, chat.tools) for chat in chats]
        first = Tokenizer.load(grown).merges if grown else []
        tokenizer = Tokenizer(train_bpe((part for line in lines for part in plain_parts(line)), vocab_size, first))
        replace_file(path, (json.dumps(tokenizer.to_json(), ensure_ascii=False, indent=1) + "\n").encode())
    tokenizer = Tokenizer.load(path)
    if len(tokenizer.tokens) != vocab_size:
        raise SystemExit(f"Cannot train with {path}: the shape has {vocab_size} tokens, received {len(tokenizer.tokens)}")
    return tokenizer


def arguments(argv: list[str] | None = None) -> tuple[argparse.Namespace, Device, dict]:
    """The command line, its device, and the checkpoint it goes on from (empty: none)."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = parser.add_argument_group("where, and which piece")
    here.add_argument("--device", choices=DEVICES, help="default: cuda, if there is a GPU")
    here.add_argument("--workers", type=int, help="processes on a CPU, one thread each")
    here.add_argument("--piece", type=float, help="stop, with last.pt written, before so many minutes have passed")
    here.add_argument("--out", type=Path, help="default: out/<shape>")
    begin = here.add_mutually_exclusive_group()
    begin.add_argument("--prepare", action="store_true", help="only tokenizer and chats, which a run makes where they are missing")
    begin.add_argument("--resume", action="store_true", help="go on with the run in last.pt, whose arguments hold where none are given")
    begin.add_argument("--start", type=Path, help="a new run, with weights and optimizer of this checkpoint")
    begin.add_argument("--grow", type=Path, help="a new run from this exported folder: its tokens first, new ones and layers added")
    run = parser.add_argument_group("the run")
    run.add_argument("--shape", choices=SHAPES, help="default: small on a CPU, medium on a GPU")
    run.add_argument("--minutes", type=float, help="of training, in all")
    run.add_argument("--steps", type=int, help="in place of --minutes")
    run.add_argument("--decay", type=float, help="minutes (or steps) of cooling down at the end; default: two ninths")
    run.add_argument("--chats", type=int)
    run.add_argument("--tokens", type=int, help="of a step")
    run.add_argument("--micro", type=int, help="tokens of a micro-batch")
    run.add_argument("--rate", type=float, default=2e-3, help="of the embedding and the norms")
    run.add_argument("--matrix-rate", type=float, default=0.008, help="of all other matrices")
    run.add_argument("--warmup", type=int, default=150, help="steps")
    run.add_argument("--seed", type=int, default=1)
    device = chosen(parser.parse_known_args(argv)[0].device)
    parser.set_defaults(**device.defaults)
    args = parser.parse_args(argv)
    args.out = args.out or OUT / args.shape
    parts = stored(args.out / "last.pt") if args.resume else stored(args.start) if args.start else {}
    if args.resume:
        parser.set_defaults(**parts["arguments"], out=args.out)
        args = parser.parse_args(argv)
    if args.piece is not None and 60 * args.piece <= RESERVE:
        parser.error(f"--piece must be more than {RESERVE / 60} minutes, which are kept for its last checkpoint, received {args.piece}")
    if args.workers > 1 and device.type != "cpu":
        parser.error(f"--workers must be 1 on {device.type}, received {args.workers}")
    return args, device, parts


def begun(args: argparse.Namespace, device: Device, parts: dict, tokenizer: Tokenizer) -> Run:
    """The run at its first step, or where the checkpoint `parts` left it."""
    torch.manual_seed(args.seed)
    model = Llama(SHAPES[args.shape], device.attend)
    if args.grow:
        grow(args.grow, model, tokenizer)
    device.place(model)
    optimizer = Optimizer(model, args.matrix_rate, args.rate, device.adamw)
    run = Run(model, optimizer, {name: getattr(args, name) for name in OF_THE_RUN})
    if parts:
        run.restore(parts)
    if args.start:
        run.progress.first_step, run.progress.first_seconds = run.progress.step, run.progress.seconds
    return run


def prepared(args: argparse.Namespace) -> tuple[Tokenizer, Path]:
    """The tokenizer, and where the chats lie."""
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_at(args.out / "tokenizer.json", SHAPES[args.shape].vocab_size, args.grow and args.grow / "tokenizer.json")
    chats = args.out / f"data-{args.seed}-{args.chats}.npz"
    generate_at(chats, tokenizer, args.seed, args.chats)
    return tokenizer, chats


def train(args: argparse.Namespace, device: Device, parts: dict, began: float = BEGAN, clock: Callable[[], float] = time.time) -> Path:
    """Trains to the end of the run or of the piece; where that is stored. `clock` tells seconds; a piece's count from `began`."""
    torch.set_num_threads(1)
    tokenizer, chats = prepared(args)
    data = load(chats)
    print(f"{len(data[2]) - 1} chats, {len(data[0])} tokens, {int(data[1].sum())} of them learned", flush=True)
    run = begun(args, device, parts, tokenizer)
    now = run.progress
    course = Course(args.tokens, args.micro, args.seed + now.first_step, now.step - now.first_step)
    crew = Crew(run.model, device, chats, course, args.workers) if args.workers > 1 else Alone(run.model, device)
    length = args.minutes if args.steps is None else args.steps
    decay = length * 2 / 9 if args.decay is None else args.decay
    stop = math.inf if args.piece is None else began + 60 * args.piece - RESERVE

    last = reported = saved = clock()
    start = last - now.seconds
    losses: list[torch.Tensor] = []
    for step in batches(data, *course):
        previous, last = last, clock()
        now.seconds = last - start
        done = now.step - now.first_step
        left = length - (done if args.steps is not None else (now.seconds - now.first_seconds) / 60)
        if left <= 0 or last + (last - previous) > stop:
            break
        factor = min(1, (done + 1) / max(1, args.warmup), left / decay if decay else 1)
        losses.append(crew.gradients(step))
        run.update(factor, step.tokens)
        if now.step % 20 == 0:
            loss = sum(map(float, losses)) / len(losses)
            seconds = clock() - reported
            print(
                f"step {now.step} loss {loss:.4f} rate {factor:.3f} tokens {now.tokens / 1e6:.2f}M "
                f"{len(losses) * args.tokens / seconds:.0f} tok/s {now.seconds / 60:.1f} min{device.memory()}",
                flush=True,
            )
            losses, reported = [], clock()
        if clock() - saved > SAVE_EVERY:
            run.save(args.out / "last.pt")
            saved = clock()
    crew.close()
    path = args.out / ("final.pt" if left <= 0 else "last.pt")
    run.save(path)
    print(f"step {now.step}, {path}" + (": the end of the run" if left <= 0 else ": the end of this piece, --resume goes on"), flush=True)
    return path


def main() -> None:
    args, device, parts = arguments()
    if args.prepare:
        prepared(args)
    else:
        train(args, device, parts)


if __name__ == "__main__":
    main()
