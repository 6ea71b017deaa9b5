"""Byte-level BPE: trainer, encoder, decoder, and the Hugging Face tokenizer.json of the result.

Text is cut as by the Sequence of a Split (PATTERN: letters, one digit, other signs, spaces) and ByteLevel without
its own regex; the two must stay equal to `split` below, which tests and export check.
"""
import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Iterable

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<tool_response>",
           "</tool_response>", "<think>", "</think>"] + [f"<|reserved_{i}|>" for i in range(7)]  # fmt: skip
VISIBLE = SPECIAL[3:9]  # part of a reply's text: no "special" tokens of tokenizer.json
END_OF_TEXT, IM_START, IM_END = 0, 1, 2
_WRITTEN_OUT = re.compile("(" + "|".join(map(re.escape, SPECIAL)) + ")")
PATTERN = r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
_SPACES = set("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}


def _byte_letters() -> list[str]:
    """GPT-2's printable stand-in for each byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {}, 0
    for byte in range(256):
        letters[byte] = chr(byte) if byte in keep else chr(256 + extra)
        extra += byte not in keep
    return [letters[byte] for byte in range(256)]


LETTERS = _byte_letters()
BYTES = {letter: byte for byte, letter in enumerate(LETTERS)}


@lru_cache(maxsize=None)
def _kind(char: str) -> str:
    if char in _SPACES:
        return "space"
    category = unicodedata.category(char)[0]
    return {"L": "letter", "N": "number"}.get(category, "sign")


def split(text: str) -> list[str]:
    """The pieces PATTERN finds, in order; they cover the text."""
    pieces, at = [], 0
    while at < len(text):
        start = at
        lead = text[at] == " " and at + 1 < len(text) and _kind(text[at + 1]) in ("letter", "sign")
        at += lead
        kind = _kind(text[at])
        at += 1
        while kind != "number" and at < len(text) and _kind(text[at]) == kind:
            at += 1
        pieces.append(text[start:at])
    return pieces


def plain_parts(text: str) -> list[str]:
    """The text between written-out special tokens."""
    return [part for part in _WRITTEN_OUT.split(text) if part not in SPECIAL]


def train(lines: Iterable[str], vocab_size: int, first: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """The merges, most frequent pair first; ties go to the pair that sorts first. Those in `first` come before all."""
    words = Counter(piece for line in lines for piece in split(line))
    parts = [[LETTERS[b] for b in word.encode()] for word in words]
    counts = list(words.values())
    pairs, where = Counter(), defaultdict(set)
    for i, word in enumerate(parts):
        for pair in zip(word, word[1:]):
            pairs[pair] += counts[i]
            where[pair].add(i)
    merges: list[tuple[str, str]] = []
    given = iter(first)
    while len(merges) < vocab_size - len(SPECIAL) - 256:
        best = next(given, None) or max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for i in where.pop(best, ()):
            for pair in zip(parts[i], parts[i][1:]):
                pairs[pair] -= counts[i]
            parts[i] = _merge(parts[i], best)
            for pair in zip(parts[i], parts[i][1:]):
                pairs[pair] += counts[i]
                where[pair].add(i)
        pairs.pop(best, None)
    return merges


def _merge(parts: list[str], pair: tuple[str, str]) -> list[str]:
    out, at = [], 0
    while at < len(parts):
        if at + 1 < len(parts) and (parts[at], parts[at + 1]) == pair:
            out.append(parts[at] + parts[at + 1])
            at += 2
        else:
            out.append(parts[at])
            at += 1
    return out


class Tokenizer:
    def __init__(self, merges: list[tuple[str, str]]):
        self.merges = merges
        self.tokens = SPECIAL + LETTERS + [a + b for a, b in merges]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.cache: dict[str, list[int]] = {}

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        return cls([tuple(pair) for pair in json.loads(path.read_text())["model"]["merges"]])

    def encode(self, text: str) -> list[int]:
        """Ids of a text, in which special tokens may be written out."""
        ids: list[int] = []
        for part in _WRITTEN_OUT.split(text):
            if part in SPECIAL:
                ids.append(self.ids[part])
            else:
                ids += self._encode_plain(part)
        return ids

    def _encode_plain(self, text: str) -> list[int]:
        ids: list[int] = []
        for piece in split(text):
            if piece not in self.cache:
                self.cache[piece] = self._encode_piece(piece)
            ids += self.cache[piece]
        return ids

    def _encode_piece(self, piece: str) -> list[int]:
        parts = [LETTERS[b] for b in piece.encode()]
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            parts = _merge(parts, best)
        return [self.ids[part] for part in parts]

    def decode(self, ids: Iterable[int]) -> str:
        """Text without the special tokens, but for those of VISIBLE."""
        shown = b"".join(
            self.tokens[i].encode() if self.tokens[i] in VISIBLE else bytes(BYTES[letter] for letter in self.tokens[i])
            for i in ids
            if i >= len(SPECIAL) or self.tokens[i] in VISIBLE
        )
        return shown.decode(errors="replace")

    def to_json(self) -> dict:
        """The tokenizers library's own form."""
        split_step = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [{"id": i, "content": token, **flags, "special": token not in VISIBLE} for i, token in enumerate(SPECIAL)],
            "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split_step, byte_level]},
            "post_processor": None,
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {
                "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                "vocab": self.ids, "merges": [list(pair) for pair in self.merges],
            },
        }  # fmt: skip
