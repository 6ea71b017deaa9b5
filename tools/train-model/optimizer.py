"""Muon for the matrices of the layers, AdamW for the embedding and the norms; one rate factor for both.

Muon (Keller Jordan, 2024): the momentum of a matrix is made nearly orthogonal by a few Newton-Schulz iterations, so
that every direction of it is learned equally fast. Needs fewer tokens than AdamW alone, at little cost.
"""
import torch
from torch import Tensor, nn

_A, _B, _C = 3.4445, -4.7750, 2.0315  # the quintic's coefficients, chosen by its author for speed


def orthogonal(matrix: Tensor, iterations: int = 5) -> Tensor:
    """U V^T of the singular value decomposition, roughly: singular values end between 0.7 and 1.2."""
    x = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.t()
    x = (x / (x.norm() + 1e-7)).bfloat16()
    for _ in range(iterations):
        square = x @ x.t()
        x = _A * x + (_B * square + _C * square @ square) @ x
    return (x if matrix.shape[0] <= matrix.shape[1] else x.t()).to(matrix.dtype)


class Optimizer:
    def __init__(self, model: nn.Module, matrix_rate: float = 0.008, rate: float = 2e-3):
        self.matrices = [p for name, p in model.named_parameters() if p.dim() == 2 and "embed" not in name]
        others = [p for name, p in model.named_parameters() if p.dim() < 2 or "embed" in name]
        self.adam = torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.0)
        self.matrix_rate, self.rate = matrix_rate, rate
        self.momentum, self.decay = 0.95, 0.05
        self.moving = [torch.zeros_like(p) for p in self.matrices]

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One update at `factor` times the full rates."""
        self.adam.param_groups[0]["lr"] = self.rate * factor
        self.adam.step()
        rate = self.matrix_rate * factor
        for p, moving in zip(self.matrices, self.moving):
            moving.lerp_(p.grad, 1 - self.momentum)
            update = orthogonal(p.grad.lerp(moving, self.momentum))
            p.mul_(1 - rate * self.decay)
            p.add_(update, alpha=-rate * max(1, p.shape[0] / p.shape[1]) ** 0.5)

    def state_dict(self) -> dict:
        return {"adam": self.adam.state_dict(), "moving": self.moving}

    def load_state_dict(self, state: dict) -> None:
        self.adam.load_state_dict(state["adam"])
        self.moving = state["moving"]
