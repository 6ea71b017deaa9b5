"""The corpus: same seed, same chats; training never sees what the exam asks; sums are right."""
import json
import re
import unittest
from random import Random

from support import CODE  # data.py, which writes chats as the template does, needs torch

from corpus import arithmetic, lists, mix
from corpus.grammar import expand
from corpus.splits import held_out
from data import called
from exam import TOPICS, item, question_of, questions, right


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

    def test_skills_leave_nothing_behind(self):
        rng = Random(4)
        for name in mix.SKILLS:
            for _ in range(100):
                for turn in mix.topic_turns(rng, name, rng.random() < 0.5):
                    text = turn.system + turn.user + turn.reply
                    self.assertTrue(turn.user.strip() and (turn.reply.strip() or turn.calls), name)
                    self.assertNotRegex(text, r"<\w>|\|", (name, turn))
                    if turn.role == "user" and name not in ("fields", "list of names"):
                        self.assertNotRegex(text, r"[{}]", (name, turn))

    def test_names_and_places_of_the_exam_are_never_trained_on(self):
        rng = Random(8)
        text = " ".join(f"{chat.system} {turn.user} {turn.reply}" for chat in (mix.chat(rng) for _ in range(3000)) for turn in chat.turns)
        known = set(re.findall(r"\w+", text))
        asked = {lists.person_name(rng, True) for _ in range(300)} | {lists.city(rng, True).split()[-1] for _ in range(300)}
        self.assertFalse({name for name in asked if len(name) > 5} & known)

    def test_exam_is_apart(self):
        rng = Random(5)
        for name in mix.TOPICS:
            self.assertFalse(any(held_out(turn) for _ in range(50) for turn in mix.topic_turns(rng, name)))

    def test_replies_pass_their_own_check(self):
        rng = Random(6)
        for name in mix.TOPICS:
            for _ in range(100):
                for turn in mix.topic_turns(rng, name):
                    self.assertTrue(right(turn, turn.reply), (name, turn))
        for topic in TOPICS:
            for question in questions(topic, 20, 3):
                self.assertTrue(right(question.asked, called(question.asked.calls) or question.asked.reply), question)

    def test_kept_questions_are_read_as_they_are_written(self):
        for line in map(json.loads, (CODE / "exam.jsonl").read_text().splitlines()):
            again = json.loads(json.dumps(item(line["category"], question_of(line))))
            for part in ("messages", "expect", "tools"):
                self.assertEqual(again.get(part), line.get(part))

    def test_sums(self):
        rng = Random(7)
        for _ in range(200):
            a, b, total = map(int, re.findall(r"\d+", arithmetic.two_digit_sum(rng)[0].reply))
            self.assertEqual(a + b, total)

    def test_expand(self):
        self.assertEqual(expand(Random(1), "{hi|hi} <n> , {ok|ok} ?", n="Al"), "Hi Al, ok?")


if __name__ == "__main__":
    unittest.main()
