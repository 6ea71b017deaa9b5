"""The gradients of a step: computed by this process alone, or by several of one thread each. Knows no optimizer."""
import os
import sys
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from threading import Thread
from typing import Any, Iterable, Iterator, NamedTuple

import torch
from torch import Tensor
from torch import multiprocessing as mp
from torch.nn import functional as F

from data import Micro, Step, batches, load
from device import Device
from model import Llama


class Course(NamedTuple):
    """Which steps of the data come, and where they begin: what `batches` asks for, and all processes must know alike."""

    tokens: int
    micro: int
    seed: int
    skip: int


def share_of_step(model: Llama, device: Device, micros: Iterable[Micro], weight: float) -> Tensor:
    """Sets the gradients to those of some micro-batches of a step, returns their loss (float64, on the device).

    The step's loss is the weighted mean over all its learned tokens, so shares simply add.
    """
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    loss_sum = torch.zeros((), dtype=torch.float64, device=device.type)
    for micro in map(device.upload, micros):
        with device.autocast():
            logits = model.logits(model.hidden(micro.ids[:, :-1]).flatten(0, 1)[micro.picked])
        losses = F.cross_entropy(logits.float(), micro.targets, reduction="none")
        loss = losses @ micro.weights / weight
        loss.backward()
        loss_sum += loss.detach()
    return loss_sum


class Alone:
    def __init__(self, model: Llama, device: Device):
        self.model, self.device = model, device

    def gradients(self, step: Step) -> Tensor:
        """Leaves the step's gradients in the parameters, returns its loss."""
        return share_of_step(self.model, self.device, step.micros, step.weight)

    def close(self) -> None:
        pass


@dataclass
class Shared:
    """What the processes of a run see together. `gate` is passed at each step's start and end."""

    model: Llama
    grads: Tensor  # [workers, parameters]
    losses: Tensor  # [workers]
    gate: Any
    next_micro: Any
    done: Any

    @classmethod
    def make(cls, model: Llama, workers: int, context) -> "Shared":
        size = sum(p.numel() for p in model.parameters())
        grads, losses = torch.zeros(workers, size).share_memory_(), torch.zeros(workers).share_memory_()
        gate, next_micro, done = context.Barrier(workers), context.Value("i", 0), context.Value("b", 0)
        return cls(model.share_memory(), grads, losses, gate, next_micro, done)

    def watch(self, others: list[int]) -> None:
        """Ends this process when one of `others`, sentinels, has died: it may hold what all wait for, the gate's own lock too."""

        def end() -> None:
            connection.wait(others)
            if not self.done.value:
                print("Cannot go on: a process of this run has died", file=sys.stderr, flush=True)
                os._exit(1)

        Thread(target=end, daemon=True).start()

    def untaken(self, micros: list[Micro]) -> Iterator[Micro]:
        """Micro-batches that nobody has taken, until none is left."""
        while True:
            with self.next_micro.get_lock():
                taken = self.next_micro.value
                self.next_micro.value += 1
            if taken >= len(micros):
                return
            yield micros[taken]


def worker(rank: int, data: Path, course: Course, device: Device, shared: Shared) -> None:
    """A process beside the first: sees the same steps, computes the micro-batches it gets hold of."""
    torch.set_num_threads(1)
    shared.watch([mp.parent_process().sentinel])
    parameters = list(shared.model.parameters())
    for step in batches(load(data), *course):
        shared.gate.wait()
        if shared.done.value:
            return
        shared.losses[rank] = share_of_step(shared.model, device, shared.untaken(step.micros), step.weight)
        torch.cat([p.grad.flatten() for p in parameters], out=shared.grads[rank])
        shared.gate.wait()


class Crew:
    """As Alone, with `workers` processes; which of them takes what is left to chance, and so is the sums' last bit."""

    def __init__(self, model: Llama, device: Device, data: Path, course: Course, workers: int):
        context = mp.get_context("spawn")
        self.device, self.parameters = device, list(model.parameters())
        self.shared = Shared.make(model, workers, context)
        self.others = []
        for rank in range(1, workers):
            self.others.append(context.Process(target=worker, args=(rank, data, course, device, self.shared), daemon=True))
            self.others[-1].start()
        self.shared.watch([process.sentinel for process in self.others])

    def gradients(self, step: Step) -> Tensor:
        shared = self.shared
        shared.next_micro.value = 0
        shared.gate.wait()
        shared.losses[0] = share_of_step(shared.model, self.device, shared.untaken(step.micros), step.weight)
        shared.gate.wait()
        for p, parts in zip(self.parameters, shared.grads[1:].sum(0).split([p.numel() for p in self.parameters])):
            p.grad += parts.view_as(p)
        return shared.losses.sum()

    def close(self) -> None:
        self.shared.done.value = 1
        self.shared.gate.wait()
        for process in self.others:
            process.join()
