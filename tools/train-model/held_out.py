"""Writes bench/held-out.json: chats whose last question was kept from training, a few of each topic, to measure what
quantizing costs. Needs no torch.

    python3 tools/train-model/held_out.py
"""
import json
from pathlib import Path
from random import Random

from corpus import mix
from corpus.splits import held_out

EACH = 6
TRIES = 2_000
OUT = Path(__file__).parents[2] / "bench" / "held-out.json"


def chats(topic: str) -> list[list[dict]]:
    rng = Random(f"held out {topic}")
    out, seen = [], set()
    for _ in range(TRIES):
        turns = mix.topic_turns(rng, topic, exam=True)
        asked = next((i for i, turn in enumerate(turns) if held_out(turn)), None)
        if asked is None or turns[asked].user in seen:
            continue
        seen.add(turns[asked].user)
        out.append([m for t in turns[: asked + 1] for m in ({"role": "user", "content": t.user}, {"role": "assistant", "content": t.reply})])
        if len(out) == EACH:
            break
    return out


found = [chat for topic in mix.TOPICS for chat in chats(topic)]
OUT.write_text("[\n" + ",\n".join(f"  {json.dumps(chat, ensure_ascii=False)}" for chat in found) + "\n]\n")
print(f"{len(found)} chats")
