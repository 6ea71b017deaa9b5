"""Training: pieces make the same run as one go, checkpoints outlive what interrupts them, both shapes go the GPU's way.

"The GPU's way" is all of it that a CPU can run: one process, its batches, its attention, its AdamW.
"""
import io
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from unittest import mock

from support import CODE

import torch

import export
from checkpoint import greedy, load
from device import CPU, CUDA, Device
from model import SHAPES, Config, Llama, fused_attention
from optimizer import orthogonal
from run import stored
from train import arguments, train

GPUS_WAY = replace(CUDA, type="cpu", compiles=False)
TOKENIZER = CODE.parent.parent / "models" / "embedded" / "tokenizer.json"
TINY = Config(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8)
SMALL_RUN = ["--device=cpu", "--workers=1", "--chats=60", "--tokens=1200", "--micro=400", "--warmup=3"]
SAVE_FOR_EVER = """
import sys
from pathlib import Path
from model import SHAPES, Llama
from optimizer import Optimizer
from run import Run
model = Llama(SHAPES["small"])
run = Run(model, Optimizer(model), {})
while True:
    run.progress.step += 1
    run.save(Path(sys.argv[1]))
    print(run.progress.step, flush=True)
"""

KILL_A_WORKER = """
import train
from crew import Crew
gradients = Crew.gradients
def gradients_then_kill(crew, step):
    loss = gradients(crew, step)
    crew.others[0].kill()
    return loss
if __name__ == "__main__":
    Crew.gradients = gradients_then_kill
    train.main()
"""


class Clock:
    """Every look at it takes ten seconds."""

    seconds = 0

    def __call__(self) -> float:
        self.seconds += 10
        return self.seconds


def same(a, b) -> bool:
    """Equal to the last bit."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


class Training(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)
        (self.out / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())

    def train(self, device: Device, *given: str) -> dict:
        """The checkpoint that train.py leaves with these arguments, on a clock of its own."""
        args, _, parts = arguments([f"--out={self.out}", *SMALL_RUN, *given])
        with redirect_stdout(io.StringIO()):
            return stored(train(args, device, parts, began=0, clock=Clock()))

    @mock.patch.dict(SHAPES, small=TINY)
    def test_pieces_are_one_run(self):
        for device in (CPU, GPUS_WAY):
            whole, piece = self.train(device, "--steps=12"), self.train(device, "--steps=12", "--piece=1.5")
            breaks = []
            while piece["state"]["step"] < 12:
                breaks.append(piece["state"]["step"])
                piece = self.train(device, "--resume", "--piece=1.5")
            self.assertGreater(len(breaks), 1)
            for part in ("weights", "mean", "optimizer", "arguments"):
                self.assertTrue(same(whole[part], piece[part]), part)
            self.assertEqual(whole["state"]["tokens"], piece["state"]["tokens"])

    @mock.patch.dict(SHAPES, small=TINY)
    def test_a_piece_ends_in_time(self):
        clock = Clock()
        args, device, parts = arguments([f"--out={self.out}", *SMALL_RUN, "--minutes=90", "--piece=9"])
        with redirect_stdout(io.StringIO()):
            train(args, device, parts, began=0, clock=clock)
        self.assertTrue(470 < clock.seconds < 540, clock.seconds)

    @mock.patch.dict(SHAPES, small=TINY)
    def test_a_new_run_from_an_old_one(self):
        old = self.train(CPU, "--steps=4")
        new = self.train(CPU, f"--start={self.out / 'final.pt'}", "--steps=3", "--seed=2")["state"]
        self.assertEqual((new["step"], new["first_step"]), (7, 4))
        self.assertGreater(new["tokens"], old["state"]["tokens"])

    @mock.patch.dict(SHAPES, small=TINY)
    def test_several_processes_learn_the_same(self):
        one, three = self.train(CPU, "--steps=4"), self.train(CPU, "--steps=4", "--workers=3")
        for name, weight in one["weights"].items():
            self.assertLess((weight - three["weights"][name]).abs().max(), 1e-3, name)

    def test_a_worker_that_dies_ends_the_run(self):
        given = [f"--out={self.out}", *SMALL_RUN, "--steps=4", "--workers=3"]
        run = [sys.executable, "-c", KILL_A_WORKER, *given]
        ended = subprocess.run(run, cwd=CODE, capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("a process of this run has died", ended.stderr)

    def test_a_kill_while_saving_leaves_the_last_checkpoint(self):
        path, beside = self.out / "last.pt", self.out / "last.pt.part"
        with subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, path], cwd=CODE, stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not (beside.exists() and beside.stat().st_size > 1_000_000):
                pass
            process.kill()
            saved = 1 + len(process.stdout.readlines())
        self.assertLess(beside.stat().st_size, path.stat().st_size)
        self.assertEqual(stored(path)["state"]["step"], saved)

    def test_every_shape_from_training_to_export(self):
        """A few steps on the GPU's way, in two pieces; exported, read back, asked."""
        for shape, bits, least, most in (("small", 8, 3e6, 8e6), ("medium", 4, 20e6, 20e6)):
            self.train(GPUS_WAY, f"--shape={shape}", "--steps=3", "--tokens=400", "--piece=1.1")
            parts = self.train(GPUS_WAY, f"--shape={shape}", "--resume", "--piece=60")
            self.assertEqual(parts["state"]["step"], 3)
            folder = self.out / shape
            with mock.patch("sys.argv", ["export.py", str(self.out / "final.pt"), f"--bits={bits}", f"--folder={folder}"]), redirect_stdout(io.StringIO()):
                export.main()
            self.assertLessEqual((folder / "model.safetensors").stat().st_size, most)
            model, tokenizer = load(folder)
            self.assertGreaterEqual(sum(p.numel() for p in model.parameters()), least)
            trained = Llama(model.config)
            trained.load_state_dict(parts["weights"])
            prompt = tokenizer.encode("What is infetch?")
            there, here = (one.logits(one.hidden(torch.tensor([prompt]))) for one in (model, trained))
            self.assertGreater(torch.cosine_similarity(there.flatten(), here.flatten(), 0), 0.9)
            self.assertEqual(len(greedy(model, [prompt], 5)), 1)

    def test_both_attentions_are_one(self):
        torch.manual_seed(1)
        config = replace(TINY, vocab_size=50)
        stacked, fused = Llama(config), Llama(config, fused_attention)
        fused.load_state_dict(stacked.state_dict())
        ids = torch.randint(0, 50, (3, 20))
        grads = []
        for model in (stacked, fused):
            model.logits(model.hidden(ids)).square().sum().backward()
            grads.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
        torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)

    def test_orthogonal(self):
        torch.manual_seed(1)
        matrices = torch.randn(3, 8, 20)
        for one in (matrices, matrices.mT):
            values = torch.linalg.svdvals(orthogonal(one))
            self.assertTrue(((values > 0.5) & (values < 1.3)).all(), values)


if __name__ == "__main__":
    unittest.main()
