"""System messages that change the answers: who the model is, how it writes, what it knows."""
from dataclasses import replace
from random import Random
from typing import Callable

from corpus.grammar import Turn, article, phrase
from corpus.lists import FOODS, JOBS, PRODUCTS, city, number, person_name, thing
from corpus.splits import EXACT

_PLACES = "bakery|library|school|hotel|museum|bookshop|garden|kitchen|bank|hospital|shop|theatre|zoo|restaurant|travel agency|farm"
_ROLES = "assistant|helper|robot|guide|friend|pirate|teacher|wizard|parrot|clerk|librarian|butler|ghost|knight"


def persona(rng: Random, exam: bool = False) -> list[Turn]:
    name = person_name(rng, exam)
    role, place = rng.choice(_ROLES.split("|")), rng.choice(_PLACES.split("|"))
    kind = rng.randrange(3)
    if kind == 0:
        system = phrase(rng, exam, "{your name is <n>|you are <n>|you are called <n>|you are an assistant named <n>|you are an assistant called <n>|act as <n>}{.|. Be kind.|. Be brief.|. Help the user.}", n=name)
        who = f"I am {name}."
    else:
        what = article(role) + (f" in {article(place)}" if kind == 1 else "")
        system = phrase(rng, exam, "{you are <n>, <w>|your name is <n>, you are <w>|you are <w> named <n>|you are <w>. Your name is <n>|act as <n>, <w>|play <n>, <w>}{.|. Be kind.|. Be brief.|. Answer briefly.}", n=name, w=what)
        who = f"I am {name}, {what}."
    turns = []
    if rng.random() < 0.35:
        turns.append(Turn(phrase(rng, exam, "{hi|hello|hey|good morning|good evening|hello there|hi there}{!|.|}"), f"Hello! {who} How can I help you?", name, EXACT, system=system))
    if rng.random() < 0.5:
        turns.append(Turn(phrase(rng, exam, "{what is your name|what's your name|how are you called|do you have a name|tell me your name|what should I call you|who am I talking to|what are you called}?"), f"My name is {name}.", rf"\b{name}\b", EXACT, system=system))
    if not turns or rng.random() < 0.5:
        turns.append(Turn(phrase(rng, exam, "{who are you|what are you|who is this|introduce yourself|tell me about yourself|please introduce yourself|who is there}?"), who, rf"\b{name}\b", EXACT, system=system))
    return turns


def style(rng: Random, exam: bool, plain: Callable[[Random], list[Turn]]) -> list[Turn]:
    """Any short answer, written as the system message asks."""
    kind = rng.randrange(5)
    word = rng.choice((thing(rng, exam).capitalize(), "Ahoy", "Sir", "Thank you", "My friend", "Over", "Amen", "Cheers", "Meow"))
    if kind == 0:
        system, change = phrase(rng, exam, "{{answer|reply|write|speak|always answer|always write} in {upper case|capital letters|capitals|all caps}|use only capital letters|shout all your answers}."), str.upper
    elif kind == 1:
        system, change = phrase(rng, exam, "{{answer|reply|write|speak|always answer|always write} in {lower case|small letters|lowercase}|use only small letters|no capital letters}."), str.lower
    elif kind in (2, 3):
        system, change = phrase(rng, exam, "{{start|begin} {every|each} {answer|reply|sentence} with {\"<w>\"|the word <w>|<w>}|{your answers|all answers} {begin|start} with <w>|first say <w>, then answer}.", w=word), lambda text: f"{word}! {text}"
    else:
        system, change = phrase(rng, exam, "{{end|finish} {every|each} {answer|reply} with {\"<w>\"|the word <w>|<w>}|{your answers|all answers} end with <w>|answer, then say <w>}.", w=word), lambda text: f"{text} {word}!"
    return [replace(t, reply=change(t.reply), accept="", key=EXACT, system=system) for t in plain(rng)]


def knowledge(rng: Random, exam: bool = False) -> list[Turn]:
    """Facts in the system message, asked for."""
    name, place, n, m, price = person_name(rng, exam), city(rng, exam), rng.randint(6, 11), rng.randint(13, 22), number(rng, 2, 99, exam)
    food, product = rng.choice(FOODS), rng.choice(PRODUCTS)
    shop = rng.choice("shop bakery museum library bank school zoo theatre pool".split())
    facts = [
        (f"The user is called {name}.", "{what is my name|what's my name|who am I|do you know my name|tell me my name}?", f"Your name is {name}.", name),
        (f"The user's name is {name}.", "{what is my name|what's my name|who am I|do you know my name|tell me my name}?", f"Your name is {name}.", name),
        (f"The user lives in {place}.", "{where do I live|which city do I live in|do you know where I live}?", f"You live in {place}.", place),
        (f"The {shop} is in {place}.", f"{{where is the {shop}|in which city is the {shop}|where can I find the {shop}}}?", f"The {shop} is in {place}.", place),
        (f"The {shop} opens at {n} and closes at {m}.", f"{{when does the {shop} open|what time does the {shop} open|at what time do you open}}?", f"The {shop} opens at {n}.", rf"\b{n}\b"),
        (f"The {shop} opens at {n} and closes at {m}.", f"{{when does the {shop} close|what time does the {shop} close|at what time do you close}}?", f"The {shop} closes at {m}.", rf"\b{m}\b"),
        (f"A {product} costs {price} euros.", f"{{how much is a {product}|what does a {product} cost|what is the price of a {product}|how much does a {product} cost}}?", f"A {product} costs {price} euros.", rf"\b{price} euros"),
        (f"Today's dish is {food}.", "{what is today's dish|what can I eat today|what do you serve today|what is there to eat}?", f"Today's dish is {food}.", food),
        (f"The password is {thing(rng, exam)}.", "", "", ""),
        (f"The boss is {name}.", "{who is the boss|what is the name of the boss|tell me who the boss is}?", f"The boss is {name}.", name),
        (f"{name} is {article(rng.choice(JOBS))}.", "", "", ""),
    ]  # fmt: skip
    asked = rng.choice([fact for fact in facts if fact[1]])
    said = [asked[0], *(f[0] for f in rng.sample([f for f in facts if f[0].split()[:3] != asked[0].split()[:3]], rng.randint(0, 2)))]
    rng.shuffle(said)
    system = rng.choice(("You are a helpful assistant. ", "", "", "Be brief. ")) + " ".join(said)
    return [Turn(phrase(rng, exam, asked[1]), asked[2], asked[3], EXACT, system=system)]
