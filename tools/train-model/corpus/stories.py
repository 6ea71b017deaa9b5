"""Very short stories, three to five sentences, put together from an opening, a plot and an ending."""
from random import Random

from corpus.grammar import Turn, article, expand
from corpus.lists import ANIMALS, BOYS, FOODS, GIRLS, PEOPLE, THINGS, person_name

_HE = {"boy", "king", "prince", "grandfather", "postman", "fisherman", "wizard"}
_SHE = {"girl", "queen", "princess", "grandmother", "witch", "fairy", "hen", "cow"}
_ADJECTIVE = "little|small|young|kind|brave|shy|clever|lonely|happy|curious|sleepy|funny|quiet|gentle|tiny|old"
_PLACE = "in a small house|near the river|in the forest|by the sea|on a green hill|at the edge of town|in an old garden|under a big tree|on a farm|in the mountains"
_TREASURE = "key|ball|hat|book|ring|map|bell|scarf|coin|lamp|drum|red button"

# <N> the hero's name, <He>/<he>/<him>/<his> the pronouns, <F> the friend, <t> a thing, <f> a food
PLOTS = [
    "{One morning|One day|On Monday}, <N> lost <his> <t>. <He> looked {everywhere|under the bed and behind the door|in the garden and in the house}. "
    "<F> found it {in the grass|by the river|under a leaf} and brought it back.",
    "{One night|One evening}, a big storm came, and <N> was afraid. {Then <F> knocked on the door|Then <he> heard <F> outside}. "
    "They {sat by the fire|drank warm milk|told stories} until the {sun came out|wind was quiet}.",
    "<N> {had no friends|wanted a friend|was often alone}. {One day|One afternoon} <he> met <F> {on the road|in the park|by the lake}. "
    "They {played|laughed|sang|walked} together {all day|until the evening}.",
    "<N> {wanted to learn|wished <he> could learn} to {swim|dance|sing|fly a kite|read|paint}. {At first it was hard|The first day went badly}, but <he> {did not give up|tried every day}. "
    "<F> {helped <him>|showed <him> how}, and {soon|at last} <he> could do it.",
    "{One day|On <his> birthday}, <N> made <f> for everyone. {But there was too much salt in it|But it fell on the floor|But it was far too much}. "
    "<F> {laughed and helped|said it did not matter|came to help}, and they {made it again|tried once more}.",
    "{One day|In the spring}, there was a {big |}race. <N> was {slow|last|not very fast}, but <he> {did not stop|kept going}. "
    "{When|Just as} <F> fell, <N> {stopped to help|helped <F> up|came back}, and they {finished together|crossed the line together}.",
    "<N> found a {tiny|small|strange} seed and {put it in the ground|planted it in the garden}. <He> gave it water every {day|morning}. "
    "{After a while|One morning|In the spring}, a {beautiful flower|tall tree|yellow flower} grew{ there|}, and <F> came to see it.",
    "{One day|One evening}, <N> went for a long walk and {got lost|could not find the way home}. <He> {sat down and cried|was cold and tired}. "
    "<F> {heard <him>|saw <him>} and {showed <him> the way|took <him> home}.",
    "{It was|Soon it was} the birthday of <F>, and <N> had no {gift|present}. <He> {thought all night|thought for a long time} and made a <t>{ from wood| from paper|}. "
    "<F> {loved it|smiled and said it was the best gift of all}.",
    "<N> was afraid of the dark. {One night|One evening}, <F> gave <him> a {small light|little lamp|tiny star}. "
    "{<He> saw|Then <he> saw} that {there was nothing to fear|the night was full of stars|the dark was soft and quiet}.",
    "{One day|In the summer}, <N> found an old map{ in a box| under a stone|}. <He> followed it {over the hill|through the forest|to the sea} with <F>. "
    "At the end they found {a box full of <f>|a golden <t>|the most beautiful view}.",
    "{One winter|One cold day}, {snow fell|there was snow} all {night|day}. <N> {built|made} a big snowman{ with a <t>|}. "
    "<F> {came out to play|brought a carrot for its nose}, and they {laughed|played in the snow} until it was dark.",
    "{One day|One morning}, <N> {heard|saw} a bird that could not fly. <He> {took it home|made it a warm bed} and gave it {bread|water|<f>}. "
    "{After a week|A week later|In the spring}, the bird {flew into the sky|could fly again} and sang for <him>.",
    "{Every night|Every evening}, <N> looked at the {stars|moon}. {One night|Then, one night}, a star fell {into the garden|into the lake}. "
    "<He> {put it back into the sky|carried it home}, and <F> {helped <him>|watched with big eyes}.",
    "<N> {loved|liked} to sing, but nobody listened. {One day|One evening} <he> sang {by the river|on the hill}, and <F> {stopped to listen|began to dance}. "
    "{Soon|In the end} {the whole town|everyone} sang {with <him>|along}.",
    "<N> {had only one|had one last piece of} <f>{ left|}. {<F> was hungry|Then <F> came, tired and hungry}, so <N> {shared it|gave half of it away}. "
    "{The next day|In the morning}, there was {a big basket of <f> at the door|a letter that said thank you}.",
]  # fmt: skip
ENDINGS = [
    "From that day on, they were {best |good |}friends.", "<N> was {very |so |}happy.", "That night <N> slept very well.",
    "<N> never forgot that day.", "And they lived happily ever after.", "<N> smiled all the way home.", "It was the best day of the year.",
]  # fmt: skip


def _friend(rng: Random, hero: str) -> str:
    kind = rng.choice([a for a in ANIMALS + PEOPLE[:14] if a != hero])
    adjective = rng.choice(("", "old ", "kind ", "friendly ", "small ", "big "))
    return article(adjective + kind)


def tell(rng: Random, hero: str, name: str, male: bool) -> str:
    he, him, his = ("he", "him", "his") if male else ("she", "her", "her")
    friend = _friend(rng, hero)
    adjective = rng.choice(_ADJECTIVE.split("|")) + " " if rng.random() < 0.75 else ""
    opening = expand(
        rng,
        "{Once upon a time, there was|Once there was|Long ago, there was|There once was} <h> named <N>. "
        f"{{|<He> lived {{{_PLACE}}}. |}}",
        h=article(adjective + hero), N=name, He=he.capitalize(),
    )  # fmt: skip
    body = expand(rng, rng.choice(PLOTS) + " " + rng.choice(ENDINGS))
    slots = {"N": name, "He": he.capitalize(), "he": he, "him": him, "his": his, "t": rng.choice(_TREASURE.split("|")), "f": rng.choice(FOODS)}
    for slot, value in slots.items():
        body = body.replace(f"<{slot}>", value)
    first = body.find("<F>")
    if first >= 0:
        body = body[:first] + friend + body[first + 3 :]
        body = body.replace("<F>", "the " + friend.split()[-1])
    sentences = f"{opening} {body}".split(". ")
    return ". ".join(s[:1].upper() + s[1:] for s in sentences)


def _gender(rng: Random, hero: str) -> bool:
    return True if hero in _HE else False if hero in _SHE else rng.random() < 0.5


def _ask(rng: Random, subject: str) -> str:
    return expand(
        rng,
        "{tell me|tell|write|can you tell me|please tell me|I want to hear|give me|make up|could you tell me|write me|I would like|can you write} "
        "{a|a|a short|a very short|a little|a nice|a small|a bedtime} {story|story|story|tale} <s>{.|.| please|, please.|?|}",
        s=subject,
    )


def story(rng: Random) -> list[Turn]:
    hero = rng.choice(rng.choice((ANIMALS, PEOPLE, THINGS)))
    male = _gender(rng, hero)
    kind = rng.random()
    known = rng.choice(BOYS if male else GIRLS)
    if kind < 0.3:
        asked, accept, name = "", r"(\. .*){2,}\.$", known
    elif kind < 0.8:
        asked, accept, name = f"about {article(hero)}", rf"{hero}.*(\. .*){{2,}}\.$", known
    elif kind < 0.92:
        name = person_name(rng)
        asked, accept = f"about {article(hero)} {rng.choice(('named', 'called'))} {name}", rf"{hero} named {name}.*(\. .*){{2,}}\.$"
    else:
        hero, name = ("boy" if male else "girl"), known
        asked, accept = f"about {name}", rf"named {name}.*(\. .*){{2,}}\.$"
    user = _ask(rng, asked)
    key = f"story {hero} {name}" if kind >= 0.3 else ""
    out = [Turn(user, tell(rng, hero, name, male), accept, key)]
    extra = rng.random()
    if extra < 0.12:
        question = expand(rng, "{what was the name of the <h>|what was the <h> called|who was the story about|what was the <h>'s name}?", h=hero)
        out.append(Turn(question, f"The {hero} was called {name}.", name))
    elif extra < 0.22:
        again = rng.choice(ANIMALS)
        male = _gender(rng, again)
        user = expand(rng, "{another one|one more|another story|tell me another one|again|one more story|more}{, please|}{.|!|}")
        out.append(Turn(user, tell(rng, again, rng.choice(BOYS if male else GIRLS), male), r"(\. .*){2,}\.$"))
    return out


def plain_story(rng: Random) -> str:
    """A story without a chat around it, for plain completions."""
    hero = rng.choice(rng.choice((ANIMALS, PEOPLE, THINGS)))
    male = _gender(rng, hero)
    return tell(rng, hero, rng.choice(BOYS if male else GIRLS), male)
