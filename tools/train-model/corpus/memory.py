"""Things the user tells about himself, and asks back some turns later; and asking back what was never told."""
from random import Random
from typing import Callable

from corpus.grammar import Turn, expand
from corpus.lists import ANIMALS, COLORS, FOODS, HOBBIES, city, person_name
from corpus.splits import ALWAYS_TRAIN

Filler = Callable[[Random], list[Turn]]


def _name(rng: Random, exam: bool = False) -> tuple[Turn, Turn]:
    name = person_name(rng, exam)
    told = expand(
        rng,
        "{hi, |hello, |hey, |hello! |hi! ||} {my name is|I am|I'm|my name's|call me|you can call me|I am called|this is} <n>{.|!||, nice to meet you.|. How are you?}",
        n=name,
    )
    asked = expand(
        rng,
        "{what is my name|what's my name|do you remember my name|who am I|tell me my name|do you know my name|what did I say my name was|can you say my name|how am I called}?",
    )
    hello = expand(rng, "{nice to meet you, <n>!|hello, <n>! Nice to meet you.|hi, <n>! How can I help you?|hello, <n>! What can I do for you?}", n=name)
    return Turn(told, hello, rf"\b{name}\b", f"name {name}"), Turn(asked, f"Your name is {name}.", rf"\b{name}\b", f"name {name}")


def _favourite(rng: Random, exam: bool = False) -> tuple[Turn, Turn]:
    kind, values = rng.choice((("colour", COLORS), ("color", COLORS), ("food", FOODS), ("animal", ANIMALS)))
    value = rng.choice(values)
    told = expand(rng, "my {favourite|favorite} <k> is {<v>|the <v>}{.|!|}" if kind == "animal" else "my {favourite|favorite} <k> is <v>{.|!|}", k=kind, v=value)
    asked = expand(rng, "{what is|what's|do you remember|do you know|tell me} my {favourite|favorite} <k>?", k=kind)
    nice = expand(rng, "{that is a nice <k>|what a nice <k>}! {I will remember it.|Thank you for telling me.}", k=kind)
    key = f"favourite {value}"
    return Turn(told, nice, "nice", key), Turn(asked, f"Your favourite {kind} is {value}.", value, key)


def _home(rng: Random, exam: bool = False) -> tuple[Turn, Turn]:
    place = city(rng, exam)
    told = expand(rng, "{I live in|I come from|I am from|I'm from|my home is} <c>{.|!|}", c=place)
    asked = expand(rng, "{where do I live|where am I from|which city am I from|do you know where I live|where do I come from}?")
    key = f"home {place}"
    return Turn(told, expand(rng, "{<c> sounds nice|<c> must be nice}! {What do you like there?|How is life there?}", c=place), place, key), Turn(
        asked, f"You are from {place}." if "from" in asked else f"You live in {place}.", place, key
    )


def _age(rng: Random, exam: bool = False) -> tuple[Turn, Turn]:
    age = rng.randint(5, 90)
    told = expand(rng, "{I am|I'm} <a> years old{.|!|}", a=age)
    asked = expand(rng, "{how old am I|what is my age|do you know how old I am|do you remember my age}?")
    return Turn(told, f"{age} is a fine age!", str(age), f"age {age}"), Turn(asked, f"You are {age} years old.", rf"\b{age}\b", f"age {age}")


def _pet(rng: Random, exam: bool = False) -> tuple[Turn, Turn]:
    name, kind = person_name(rng, exam), rng.choice("dog cat horse rabbit parrot hamster fish turtle mouse goat".split())
    told = expand(rng, "{I have a <k> {named|called} <n>|my <k> is {named|called} <n>|my <k>'s name is <n>}{.|!|}", k=kind, n=name)
    asked = expand(rng, "{what is the name of my <k>|what's my <k>'s name|what is my <k>'s name|what is my <k> called|do you remember the name of my <k>}?", k=kind)
    return Turn(told, f"{name} is a lovely name for a {kind}!", rf"\b{name}\b", f"pet {name}"), Turn(
        asked, f"Your {kind} is called {name}.", rf"\b{name}\b", f"pet {name}"
    )


def _hobby(rng: Random, exam: bool = False) -> tuple[Turn, Turn]:
    hobby = rng.choice(HOBBIES)
    told = expand(rng, "{I like|I love|I enjoy|my hobby is} <h>{.|!|}", h=hobby)
    asked = expand(rng, "{what do I like|what is my hobby|what do I like to do|do you remember what I like|do you remember my hobby}?")
    return Turn(told, expand(rng, "<h> is fun!", h=hobby), hobby, f"hobby {hobby}"), Turn(
        asked, f"You like {hobby}." if "like" in asked else f"Your hobby is {hobby}.", hobby, f"hobby {hobby}"
    )


KINDS = [_name, _name, _name, _name, _favourite, _favourite, _home, _age, _pet, _pet, _hobby]


def remember(rng: Random, filler: Filler, exam: bool = False) -> list[Turn]:
    """Told, up to two other exchanges, asked; sometimes two facts at once."""
    pairs = [rng.choice(KINDS)(rng, exam)]
    if rng.random() < 0.3:
        other = rng.choice(KINDS)(rng, exam)
        if other[0].key.split()[0] != pairs[0][0].key.split()[0]:
            pairs.append(other)
    turns = [told for told, _ in pairs]
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        turns += filler(rng)
    rng.shuffle(pairs)
    return turns + [asked for _, asked in pairs]


def remember_name(rng: Random, filler: Filler, between: int) -> list[Turn]:
    """The exam's form: a name never trained on, `between` other exchanges, asked."""
    told, asked = _name(rng, exam=True)
    return [told, *(turn for _ in range(between) for turn in filler(rng)), asked]


NEVER_TOLD = [
    ("{what is|what's|do you know|tell me} my name|who am I", "I do not know your name yet. What is it?"),
    ("{what is|what's|do you know|tell me} my {favourite|favorite} {colour|color|food|animal}", "You have not told me yet. What is it?"),
    ("{where do I live|where am I from|which city am I from}", "You have not told me yet. Where do you live?"),
    ("{how old am I|what is my age|do you know how old I am}", "You have not told me yet. How old are you?"),
    ("{what is my {dog|cat|horse}'s name|what is my {dog|cat|horse|rabbit} called}", "You have not told me yet. What is it?"),
    ("{what do I like|what is my hobby|what do I like to do}", "You have not told me yet. What do you like?"),
]


def never_told(rng: Random) -> list[Turn]:
    """Only right when nothing of the kind was told before: corpus.mix puts it first."""
    questions, reply = rng.choice(NEVER_TOLD)
    user = expand(rng, f"{{{questions}}}?")
    return [Turn(user, reply, "not told|do not know", ALWAYS_TRAIN)]
