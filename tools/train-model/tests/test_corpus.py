"""The corpus: same seed, same chats; training never sees what the exam asks; sums are right."""
import re
import sys
import unittest
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))
from corpus import arithmetic, mix  # noqa: E402
from corpus.grammar import expand  # noqa: E402
from corpus.splits import held_out  # noqa: E402


class Corpus(unittest.TestCase):
    def test_deterministic(self):
        first, second = ([mix.chat(rng) for _ in range(50)] for rng in (Random(3), Random(3)))
        self.assertEqual(first, second)

    def test_templates_leave_nothing_behind(self):
        rng = Random(4)
        for name in mix.TOPICS:
            for _ in range(100):
                for turn in mix.topic_turns(rng, name):
                    self.assertTrue(turn.user.strip() and turn.reply.strip(), name)
                    self.assertIsNone(re.search(r"<\w+>|\|", turn.user + turn.reply), (name, turn))
                    if name != "json":
                        self.assertNotRegex(turn.user + turn.reply, r"[{}]", name)

    def test_exam_is_apart(self):
        rng = Random(5)
        for name in mix.TOPICS:
            self.assertFalse(any(held_out(turn) for _ in range(50) for turn in mix.topic_turns(rng, name)))

    def test_replies_pass_their_own_check(self):
        from evaluate import right

        rng = Random(6)
        for name in mix.TOPICS:
            for _ in range(100):
                for turn in mix.topic_turns(rng, name):
                    self.assertTrue(right(turn, turn.reply), (name, turn))

    def test_sums(self):
        rng = Random(7)
        for _ in range(200):
            a, b, total = map(int, re.findall(r"\d+", arithmetic.two_digit_sum(rng)[0].reply))
            self.assertEqual(a + b, total)

    def test_expand(self):
        self.assertEqual(expand(Random(1), "{hi|hi} <n> , {ok|ok} ?", n="Al"), "Hi Al, ok?")


if __name__ == "__main__":
    unittest.main()
