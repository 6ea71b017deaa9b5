"""The tokenizer: pieces cover the text, ids decode to it, digits stay single."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from bpe import SPECIAL, Tokenizer, split, train  # noqa: E402

LINES = ["hello there", "hello you", "what is 12 + 34?", "12 + 34 = 46."] * 3
ODD = ["", "  two  spaces\n\n\ttab ", "naïve café", "日本語", "👩‍👩‍👧 🙂", "a\u0301\u00a0b\u2003c", "x1y22 ²½Ⅷ", "\x00\x1f_\u200b"]


class Bpe(unittest.TestCase):
    def test_pieces(self):
        self.assertEqual(split("What is 12+3?\n ok"), ["What", " is", " ", "1", "2", "+", "3", "?", "\n ", "ok"])
        for text in ODD:
            self.assertEqual("".join(split(text)), text)

    def test_round_trip(self):
        tokenizer = Tokenizer(train(LINES, len(SPECIAL) + 256 + 10))
        for text in LINES + ODD:
            self.assertEqual(tokenizer.decode(tokenizer.encode(text)), text)
        self.assertLess(len(tokenizer.encode("hello")), 5)

    def test_special_tokens_written_out(self):
        tokenizer = Tokenizer(train(LINES, len(SPECIAL) + 256 + 10))
        ids = tokenizer.encode("hello<tool_call>you<|im_end|>")
        self.assertEqual([i for i in ids if i < len(SPECIAL)], [3, 2])
        self.assertEqual(tokenizer.decode(ids), "hello<tool_call>you")

    def test_grown(self):
        old = train(LINES, len(SPECIAL) + 256 + 5)
        new = train(LINES, len(SPECIAL) + 256 + 10, old)
        self.assertEqual(new[:5], old)
        self.assertEqual(new, train(LINES, len(SPECIAL) + 256 + 10))

    def test_reload(self):
        import json
        import tempfile

        tokenizer = Tokenizer(train(LINES, len(SPECIAL) + 256 + 10))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tokenizer.json"
            path.write_text(json.dumps(tokenizer.to_json()))
            self.assertEqual(Tokenizer.load(path).encode("hello there"), tokenizer.encode("hello there"))


if __name__ == "__main__":
    unittest.main()
