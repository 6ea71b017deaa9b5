"""Writes the Hugging Face folder of a checkpoint: config, tokenizer, chat template, weights as safetensors: matrices in
MLX's 8 or 4 bits (`weight = scale * q + bias` for each group of a row), the rest float16.
"""
import argparse
import json
import struct
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bpe import END_OF_TEXT, IM_END, IM_START, SPECIAL, VISIBLE, Tokenizer
from data import CHAT_TEMPLATE
from files import replace_file
from model import Config
from run import stored

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "models" / "embedded"
GROUP = 32
DTYPES = {"<f2": "F16", "<u4": "U32"}


def to_json(fields: dict) -> bytes:
    return (json.dumps(fields, ensure_ascii=False, indent=2) + "\n").encode()


def safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    """8 bytes of header length, JSON header padded to a multiple of 8, then the data end to end."""
    header: dict = {"__metadata__": {"format": "mlx"}}
    at = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": DTYPES[tensor.dtype.str], "shape": list(tensor.shape), "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensor.tobytes() for tensor in tensors.values())


def quantized(matrix: np.ndarray, bits: int) -> dict[str, np.ndarray]:
    """What is stored of a matrix [rows, cols]: 32 / bits quanta a word, the first in its low bits; a scale and a bias a group."""
    groups = matrix.astype(np.float64).reshape(matrix.shape[0], -1, GROUP)
    low, high = groups.min(-1), groups.max(-1)
    biases = low.astype("<f2")
    scales = np.maximum((high - biases) / (2**bits - 1), 1e-7).astype("<f2")
    quanta = np.rint((groups - biases.astype(np.float64)[..., None]) / scales.astype(np.float64)[..., None]).clip(0, 2**bits - 1)
    parts = quanta.astype("<u4").reshape(matrix.shape[0], -1, 32 // bits) << np.arange(0, 32, bits, dtype="<u4")
    return {"weight": np.bitwise_or.reduce(parts, -1), "scales": scales, "biases": biases}


def config_json(config: Config, bits: int) -> dict:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **asdict(config),
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "rope_scaling": None,
        "tie_word_embeddings": True,
        "bos_token_id": IM_START,
        "eos_token_id": IM_END,
        "pad_token_id": END_OF_TEXT,
        "initializer_range": 0.02,
        "torch_dtype": "float16",
        "quantization": {"group_size": GROUP, "bits": bits},
        "use_cache": True,
    }


def tokenizer_config_json(config: Config) -> dict:
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    return {
        "add_prefix_space": False,
        "added_tokens_decoder": {str(i): {"content": token, **flags, "special": token not in VISIBLE} for i, token in enumerate(SPECIAL)},
        "bos_token": "<|im_start|>",
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "model_max_length": config.max_position_embeddings,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": None,
    }


GENERATION = {
    "bos_token_id": IM_START,
    "eos_token_id": [IM_END, END_OF_TEXT],
    "pad_token_id": END_OF_TEXT,
    "do_sample": True,
    "temperature": 0.5,
    "top_p": 0.95,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", nargs="?", type=Path, default=HERE / "out" / "small" / "final.pt", help="its tokenizer lies beside it")
    parser.add_argument("--mean", action="store_true", help="the running mean of the weights (before cooling down)")
    parser.add_argument("--bits", type=int, choices=(4, 8), default=8)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    args = parser.parse_args()

    parts = stored(args.checkpoint)
    weights = parts["mean" if args.mean else "weights"]
    tensors: dict[str, np.ndarray] = {}
    for name, weight in sorted(weights.items()):
        values = weight.numpy()
        if values.ndim == 1:
            tensors[name] = values.astype("<f2")
        else:
            tensors |= {f"{name.removesuffix('.weight')}.{part}": tensor for part, tensor in quantized(values, args.bits).items()}
    config = Config.from_json(parts["config"])
    tokenizer = Tokenizer.load(args.checkpoint.parent / "tokenizer.json")

    args.folder.mkdir(parents=True, exist_ok=True)
    replace_file(args.folder / "config.json", to_json(config_json(config, args.bits)))
    replace_file(args.folder / "generation_config.json", to_json(GENERATION))
    replace_file(args.folder / "tokenizer.json", to_json(tokenizer.to_json()))
    replace_file(args.folder / "tokenizer_config.json", to_json(tokenizer_config_json(config)))
    replace_file(args.folder / "model.safetensors", safetensors(tensors))
    count, size = sum(w.numel() for w in weights.values()), (args.folder / "model.safetensors").stat().st_size
    print(f"{args.folder}: step {parts['state']['step']}, {count} parameters in {args.bits} bits, {size} bytes")


if __name__ == "__main__":
    main()
