"""The model and its files: causal, blind to padding, and the same after export."""
import json
import struct
import unittest

import support  # noqa: F401

import numpy as np
import torch

from checkpoint import matrix
from export import quantized, safetensors
from model import Config, Llama

TINY = Config(vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, head_dim=4, max_position_embeddings=32)  # fmt: skip


class Model(unittest.TestCase):
    def test_causal(self):
        torch.manual_seed(1)
        model = Llama(TINY).double()
        ids = torch.randint(0, 50, (2, 9))
        changed = ids.clone()
        changed[:, 6:] = 0
        whole, cut = model.hidden(ids), model.hidden(changed)
        self.assertTrue(torch.allclose(whole[:, :6], cut[:, :6]))
        self.assertTrue(torch.allclose(model.hidden(ids[:, :6]), whole[:, :6]))
        self.assertFalse(torch.allclose(whole[:, 6:], cut[:, 6:]))

    def test_cache(self):
        torch.manual_seed(2)
        model = Llama(TINY).double()
        ids = torch.randint(0, 50, (3, 8))
        cache = [[] for _ in model.model.layers]
        parts = [model.hidden(ids[:, start:end], cache) for start, end in ((0, 5), (5, 7), (7, 8))]
        self.assertTrue(torch.allclose(torch.cat(parts, 1), model.hidden(ids)))

    def test_safetensors(self):
        tensors = {"a": np.arange(6, dtype="<f2").reshape(2, 3), "b": np.ones(3, "<f2")}
        raw = safetensors(tensors)
        (length,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + length])
        self.assertEqual((8 + length) % 8, 0)
        self.assertEqual(header["b"], {"dtype": "F16", "shape": [3], "data_offsets": [12, 18]})
        self.assertEqual(raw[8 + length :], tensors["a"].tobytes() + tensors["b"].tobytes())

    def test_quantized(self):
        values = np.random.default_rng(3).normal(0, 0.05, (6, 64)).astype("<f4")
        for bits in (4, 8):
            stored = {f"a.{part}": tensor for part, tensor in quantized(values, bits).items()}
            self.assertEqual(stored["a.weight"].shape, (6, 2 * bits))
            self.assertEqual(stored["a.scales"].shape, (6, 2))
            step = np.repeat(stored["a.scales"].astype("f4"), 32, 1)
            self.assertTrue((np.abs(matrix(stored, "a.weight") - values) < 0.75 * step).all())


if __name__ == "__main__":
    unittest.main()
