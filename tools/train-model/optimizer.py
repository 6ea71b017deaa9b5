"""Muon for the matrices of the layers, AdamW for the embedding and the norms; one rate factor for both.

Muon (Keller Jordan, 2024): the momentum of a matrix is made nearly orthogonal by a few Newton-Schulz iterations, so
that every direction of it is learned equally fast. Needs fewer tokens than AdamW alone, at little cost.
"""
from collections import defaultdict
from typing import Mapping

import torch
from torch import Tensor, nn

_A, _B, _C = 3.4445, -4.7750, 2.0315  # the quintic's coefficients, chosen by its author for speed


def orthogonal(matrices: Tensor, iterations: int = 5) -> Tensor:
    """U V^T of each [rows, cols] matrix's singular value decomposition, roughly: singular values end between 0.7 and 1.2."""
    x = matrices if matrices.shape[-2] <= matrices.shape[-1] else matrices.mT
    x = (x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)).bfloat16()
    for _ in range(iterations):
        square = x @ x.mT
        x = _A * x + (_B * square + _C * square @ square) @ x
    return (x if matrices.shape[-2] <= matrices.shape[-1] else x.mT).to(matrices.dtype)


class Optimizer:
    def __init__(self, model: nn.Module, matrix_rate: float = 0.008, rate: float = 2e-3, adamw: Mapping[str, bool] = {}):
        self.matrices = [p for name, p in model.named_parameters() if p.dim() == 2 and "embed" not in name]
        others = [p for name, p in model.named_parameters() if p.dim() < 2 or "embed" in name]
        self.adam = torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.0, **adamw)
        self.matrix_rate, self.rate = matrix_rate, rate
        self.momentum, self.decay = 0.95, 0.05
        self.moving = [torch.zeros_like(p) for p in self.matrices]
        self.alike = defaultdict(list)  # by shape: made orthogonal together, in a few large operations instead of many small ones
        for p, moving in zip(self.matrices, self.moving):
            self.alike[p.shape].append((p, moving))

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One update at `factor` times the full rates."""
        self.adam.param_groups[0]["lr"] = self.rate * factor
        self.adam.step()
        rate = self.matrix_rate * factor
        for (rows, cols), pairs in self.alike.items():
            for p, moving in pairs:
                moving.lerp_(p.grad, 1 - self.momentum)
            updates = orthogonal(torch.stack([p.grad.lerp(moving, self.momentum) for p, moving in pairs]))
            for (p, _), update in zip(pairs, updates):
                p.mul_(1 - rate * self.decay)
                p.add_(update, alpha=-rate * max(1, rows / cols) ** 0.5)

    def state_dict(self) -> dict:
        return {"adam": self.adam.state_dict(), "moving": self.moving}

    def load_state_dict(self, state: dict) -> None:
        """How AdamW is computed stays as it is here: the state may come from another device."""
        self.adam.load_state_dict({**state["adam"], "param_groups": self.adam.state_dict()["param_groups"]})
        for moving, stored in zip(self.moving, state["moving"]):
            moving.copy_(stored)
