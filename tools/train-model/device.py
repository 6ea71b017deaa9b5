"""What differs between training on a CPU and on a GPU: the loop asks here and knows neither.

On a CPU several processes of one thread share each step (crew.py). On a GPU one process queues it: nothing in a step
waits for its result, so that the next batch is put together while this one is computed. Matrix products run in bfloat16 on
both, so that TF32 would have nothing left to do.
"""
from dataclasses import dataclass
from typing import Mapping

import torch

from data import Micro
from model import Attend, Llama, fused_attention, stacked_attention


@dataclass(frozen=True)
class Device:
    type: str  # as torch names it
    attend: Attend
    compiles: bool  # whether torch.compile is tried
    adamw: Mapping[str, bool]  # how AdamW is computed
    defaults: Mapping[str, object]  # of train.py's arguments

    def place(self, model: Llama) -> Llama:
        """The model there, its layers compiled where that works."""
        model = model.to(self.type)
        if self.compiles:
            compile_layers(model, self)
        return model

    def upload(self, micro: Micro) -> Micro:
        if self.type == "cpu":
            return micro
        return Micro(*(part.pin_memory().to(self.type, non_blocking=True) for part in micro))

    def autocast(self) -> torch.autocast:
        """Matrix products in bfloat16 (twice as fast where the CPU has AVX-512 BF16), everything else in float32."""
        return torch.autocast(self.type, torch.bfloat16)

    def memory(self) -> str:
        """The most that was in use at once, for the report; nothing on a CPU."""
        return f" {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB" if self.type == "cuda" else ""


CPU = Device(
    "cpu", stacked_attention, compiles=False, adamw={},
    defaults={"shape": "small", "minutes": 90, "chats": 300_000, "tokens": 6144, "micro": 1536, "workers": 3},
)  # fmt: skip
CUDA = Device(
    "cuda", fused_attention, compiles=True, adamw={"fused": True},
    defaults={"shape": "medium", "minutes": 25, "chats": 600_000, "tokens": 49_152, "micro": 16_384, "workers": 1},
)  # fmt: skip
DEVICES = {device.type: device for device in (CPU, CUDA)}


def chosen(name: str | None) -> Device:
    """The device of that name; without one the GPU, if there is one that torch can use."""
    device = DEVICES[name or ("cuda" if torch.cuda.is_available() else "cpu")]
    if device is CUDA and not torch.cuda.is_available():
        raise SystemExit("Cannot use cuda: torch finds no GPU")
    return device


def compile_layers(model: Llama, device: Device) -> None:
    """One compilation that all layers and all lengths share; tried at once, and undone with a word where it fails."""
    for layer in model.model.layers:
        layer.forward = torch.compile(layer.forward, dynamic=True)
    try:
        with device.autocast():
            hidden = model.hidden(torch.zeros(3, 20, dtype=torch.long, device=device.type))
        hidden.sum().backward()
    except Exception as error:  # of many kinds: no compiler for the host, no Triton, an operation it does not know
        print(f"Cannot use torch.compile, going on without: {str(error).strip().splitlines()[0]}", flush=True)
        for layer in model.model.layers:
            del layer.forward
    model.zero_grad()
