"""Sums, differences, small products, comparisons, counting. Digits are single tokens, answers are plain.

One-digit cases are all trained on; of two-digit pairs one in 16 is kept for the exam.
"""
from random import Random

from corpus.grammar import Turn, expand
from corpus.splits import ALWAYS_TRAIN

NUMBER_WORDS = "zero one two three four five six seven eight nine ten".split()
_ASK = "{what is|what's|whats|how much is|calculate|compute|tell me|can you tell me|work out|please calculate|}"


def _answer(value: int) -> str:
    return rf"= {value}\.$"


def _pair(rng: Random, two_digits: bool) -> tuple[int, int]:
    if not two_digits:
        return rng.randint(0, 9), rng.randint(0, 9)
    kind = rng.random()
    if kind < 0.7:
        return rng.randint(10, 99), rng.randint(10, 99)
    a, b = rng.randint(10, 99), rng.randint(0, 9)
    return (a, b) if kind < 0.88 else (b, a)


def _key(a: int, op: str, b: int) -> str:
    return ALWAYS_TRAIN if max(a, b) < 10 else f"{a} {op} {b}"


def _sum(rng: Random, two_digits: bool) -> list[Turn]:
    a, b = _pair(rng, two_digits)
    words = not two_digits and rng.random() < 0.12
    left, right = (NUMBER_WORDS[a], NUMBER_WORDS[b]) if words else (a, b)
    user = expand(
        rng,
        rng.choice(
            [
                f"{_ASK} <a> {{+|+|plus}} <b>{{?|}}",
                f"{_ASK} <a> {{+|+|plus}} <b>{{?|}}",
                "<a>+<b>{?|=|= ?|}",
                "<a> {+|plus} <b> {=|is|equals|makes}{ ?|?|}",
                "{add|please add|can you add} <a> {and|to} <b>{?|.|}",
                "what {is|do you get from} the sum of <a> and <b>?",
                "{what do|how much do|how much} <a> and <b> {make|make together|add up to}?",
                "{if i add|when you add} <a> and <b>, what {is it|do i get}?",
            ]
        ),
        a=left,
        b=right,
    )
    return [Turn(user, f"{a} + {b} = {a + b}.", _answer(a + b), _key(a, "+", b))]


def one_digit_sum(rng: Random) -> list[Turn]:
    return _sum(rng, False)


def sum_to_20(rng: Random) -> list[Turn]:
    """Only asked in the exam: among others, pairs of one digit, all of which are trained on."""
    while True:
        turns = _sum(rng, rng.random() < 0.5)
        if int(turns[0].reply.rstrip(".").split("= ")[1]) <= 20:
            return turns


def two_digit_sum(rng: Random) -> list[Turn]:
    return _sum(rng, True)


def difference(rng: Random) -> list[Turn]:
    a, b = _pair(rng, rng.random() < 0.6)
    if a < b and rng.random() < 0.85:
        a, b = b, a
    user = expand(
        rng,
        rng.choice(
            [
                f"{_ASK} <a> {{-|-|minus}} <b>{{?|}}",
                "<a>-<b>{?|=|}",
                "<a> {-|minus} <b> {=|is|equals}{ ?|?|}",
                "{subtract|please subtract|take|take away} <b> from <a>{.|}",
                "what is the difference between <a> and <b>?",
                "{how much is|what is} <a> take away <b>?",
            ]
        ),
        a=a,
        b=b,
    )
    if "difference" in user and a < b:
        a, b = b, a
    return [Turn(user, f"{a} - {b} = {a - b}.", _answer(a - b), _key(a, "-", b))]


def product(rng: Random) -> list[Turn]:
    a, b = rng.randint(0, 10), rng.randint(0, 10)
    user = expand(
        rng,
        rng.choice(
            [f"{_ASK} <a> {{*|x|times}} <b>{{?|}}", "<a>{*|x}<b>{?|=|}", "multiply <a> {by|and} <b>{.|}"]
        ),
        a=a,
        b=b,
    )
    return [Turn(user, f"{a} x {b} = {a * b}.", _answer(a * b), ALWAYS_TRAIN)]


def three_numbers(rng: Random) -> list[Turn]:
    a, b, c = (rng.randint(1, 9) for _ in range(3))
    user = expand(
        rng,
        f"{{{_ASK} <a> + <b> + <c>{{?|}}|{_ASK} <a> plus <b> plus <c>{{?|}}|<a>+<b>+<c>{{?|=|}}|"
        "{add|sum|add up} <a>, <b> and <c>{.|}|what is the sum of <a>, <b> and <c>?}",
        a=a, b=b, c=c,
    )  # fmt: skip
    return [Turn(user, f"{a} + {b} + {c} = {a + b + c}.", _answer(a + b + c), f"{a} + {b} + {c}")]


def comparison(rng: Random) -> list[Turn]:
    a, b = rng.sample(range(0, 100), 2) if rng.random() < 0.7 else rng.sample(range(0, 10), 2)
    bigger = rng.random() < 0.5
    adjective = rng.choice("bigger larger greater higher".split() if bigger else "smaller lower less".split())
    value = max(a, b) if bigger else min(a, b)
    if rng.random() < 0.25:
        holds = (a > b) == bigger
        user = expand(rng, "is <a> <adj> than <b>?", a=a, b=b, adj=adjective)
        relation = adjective if holds else ("smaller" if bigger else "bigger")
        reply = f"{'Yes' if holds else 'No'}, {a} is {relation} than {b}."
        return [Turn(user, reply, "^yes" if holds else "^no", f"{a} <> {b}")]
    user = expand(
        rng,
        "{which is|which number is|what is|which one is|tell me which is} <adj>{,|:|} <a> or <b>?",
        a=a,
        b=b,
        adj=adjective,
    )
    return [Turn(user, f"{value} is {adjective}.", rf"^{value} ", f"{a} <> {b}")]


def counting(rng: Random) -> list[Turn]:
    kind = rng.randrange(5)
    if kind == 0:
        last = rng.randint(2, 12)
        shown = NUMBER_WORDS[last] if last <= 10 and rng.random() < 0.3 else last
        user = expand(rng, "{count|can you count|please count} {from 1 to|to|up to} <n>{.|?|}", n=shown)
        return [Turn(user, ", ".join(map(str, range(1, last + 1))) + ".", key=ALWAYS_TRAIN)]
    if kind == 1:
        first = rng.randint(2, 15)
        last = first + rng.randint(2, 7)
        user = expand(rng, "{count|can you count|please count} from <a> to <b>{.|?|}", a=first, b=last)
        return [Turn(user, ", ".join(map(str, range(first, last + 1))) + ".", key=f"count {first} {last}")]
    if kind == 2:
        first = rng.randint(2, 10)
        user = expand(rng, "{count|can you count} {down|backwards} from <a>{ to 1|}{.|?|}", a=first)
        return [Turn(user, ", ".join(map(str, range(first, 0, -1))) + ".", key=ALWAYS_TRAIN)]
    n = rng.randint(0, 98)
    if kind == 3:
        if rng.random() < 0.6:
            user = expand(rng, "{what number comes|what comes|which number is} {after|right after} <n>?", n=n)
            return [Turn(user, f"{n + 1} comes after {n}.", rf"^{n + 1} ", f"next {n}")]
        user = expand(rng, "{what number comes|what comes|which number is} {before|right before} <n>?", n=n + 1)
        return [Turn(user, f"{n} comes before {n + 1}.", rf"^{n} ", f"next {n}")]
    user = expand(rng, "is <n> {even or odd|odd or even|an even number|an odd number|even|odd}?", n=n)
    parity = "odd" if n % 2 else "even"
    return [Turn(user, f"{n} is {parity}.", rf"is {parity}", f"parity {n}")]


def apples(rng: Random) -> list[Turn]:
    a, b = rng.randint(1, 9), rng.randint(1, 9)
    thing = rng.choice("apples books coins balls cookies stones eggs flowers pencils stars".split())
    slots = {"a": max(a, b), "b": min(a, b), "t": thing}
    if rng.random() < 0.6:
        user = expand(
            rng,
            "{I have|Tom has|Anna has|there are} <a> <t>{ and get|. I find|. Then come|, plus} <b> more. "
            "How many {<t> |}{is that|are there now|in all}?",
            **slots,
        )
        op, value = "+", a + b
    else:
        user = expand(
            rng, "{I have|Tom has|I had|there are} <a> <t> and {lose|give away|take away|eat} <b>. How many {<t> |}are left?", **slots
        )
        op, value = "-", abs(a - b)
    return [Turn(user, f"{slots['a']} {op} {slots['b']} = {value}, so {value} {thing}.", rf"= {value}\b")]


def too_big(rng: Random) -> list[Turn]:
    a, b = rng.randint(100, 10 ** rng.randint(3, 6)), rng.randint(10, 10 ** rng.randint(2, 5))
    if rng.random() < 0.5:
        a, b = b, a
    op = rng.choice("+ - * x / plus minus times".split())
    user = expand(rng, f"{_ASK} <a> <op> <b>{{?|}}", a=a, op=op, b=b)
    reply = rng.choice(
        ["That is too big for me. I am good with numbers below 100.", "Sorry, I only do sums with numbers below 100."]
    )
    return [Turn(user, reply, "below 100")]


def hard_math(rng: Random) -> list[Turn]:
    user = expand(
        rng,
        "{what is|calculate|find|tell me} the {square root|logarithm|sine|cube|derivative|integral|factorial} of <n>{?|}"
        if rng.random() < 0.6
        else "{what is|calculate|} <n> {/|divided by} <m>?",
        n=rng.randint(2, 99),
        m=rng.randint(2, 12),
    )
    reply = rng.choice(
        ["That is too hard for me. I can add, subtract and compare small numbers.", "Sorry, I can only add and subtract small numbers."]
    )
    return [Turn(user, reply, "too hard|small numbers")]
