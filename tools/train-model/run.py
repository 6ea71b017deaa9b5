"""A run of training as it stands: weights, their running mean, optimizer, progress; and the checkpoint that holds it all.

Nothing else is needed to go on exactly: after the first weights only the order of the chats is drawn, by seed and step.
"""
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from files import replacing
from model import Config, Llama
from optimizer import Optimizer


@dataclass
class Progress:
    step: int = 0
    tokens: int = 0  # with padding
    seconds: float = 0.0
    first_step: int = 0  # where this run began, if it goes on with the weights of another
    first_seconds: float = 0.0


def stored(path: Path) -> dict:
    if not path.exists():
        raise SystemExit(f"Cannot go on from {path}: there is no such checkpoint")
    return torch.load(path, map_location="cpu")


class Run:
    def __init__(self, model: Llama, optimizer: Optimizer, arguments: dict):
        """`arguments` are those of the command line that --resume should find again."""
        self.model, self.optimizer, self.arguments = model, optimizer, arguments
        self.mean = {name: p.detach().clone() for name, p in model.named_parameters()}
        self.progress = Progress()

    def save(self, path: Path) -> None:
        parts = {
            "config": asdict(self.model.config), "weights": self.model.state_dict(), "mean": self.mean,
            "optimizer": self.optimizer.state_dict(), "state": asdict(self.progress), "arguments": self.arguments,
        }  # fmt: skip
        with replacing(path) as beside:
            torch.save(parts, beside)

    def restore(self, parts: dict) -> None:
        if Config.from_json(parts["config"]) != self.model.config:
            raise SystemExit(f"Cannot go on: the checkpoint's shape is {parts['config']}, asked for is {asdict(self.model.config)}")
        self.model.load_state_dict(parts["weights"])
        self.optimizer.load_state_dict(parts["optimizer"])
        for name, mean in self.mean.items():
            mean.copy_(parts["mean"][name])
        self.progress = Progress(**parts["state"])

    @torch.no_grad()
    def update(self, factor: float, tokens: int) -> None:
        """Learns from the gradients in the parameters at `factor` times the full rates."""
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step(factor)
        keep = min(0.98, self.progress.step / (self.progress.step + 20))
        for name, p in self.model.named_parameters():
            self.mean[name].lerp_(p, 1 - keep)
        self.progress.step += 1
        self.progress.tokens += tokens
