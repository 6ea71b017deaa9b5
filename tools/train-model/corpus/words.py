"""Small jobs on words: spelling, case, copying, first letters, sentiment, and JSON from one sentence."""
import json
from random import Random

from corpus.grammar import Turn, expand
from corpus.lists import CITIES, FOODS, WORDS, made_up, person_name


def _word(rng: Random) -> str:
    return rng.choice(WORDS) if rng.random() < 0.8 else made_up(rng, rng.choice((1, 2)))


def spelling(rng: Random) -> list[Turn]:
    word = _word(rng)
    user = expand(
        rng,
        "{spell|please spell|can you spell|how do you spell|how is|spell out|spell the word} {<w>|<w>|\"<w>\"|the word <w>}{?|.|}",
        w=word,
    ).replace("How is the word", "How do you spell the word")
    user = user + " spelled" if user.startswith("How is") else user
    return [Turn(user, "-".join(word), key=f"spell {word}")]


def upper_case(rng: Random) -> list[Turn]:
    words = [_word(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    text = " ".join(words)
    if rng.random() < 0.75:
        user = expand(
            rng,
            "{write|say|put|show me|please write|can you write} {<w>|<w>|\"<w>\"} in {upper case|capitals|capital letters|uppercase|all caps}{?|.|}",
            w=text,
        )
        return [Turn(user, text.upper(), key=f"upper {text}")]
    user = expand(rng, "{write|say|put|please write} <w> in {lower case|small letters|lowercase}{.|}", w=text.upper())
    return [Turn(user, text, key=f"lower {text}")]


def copy(rng: Random) -> list[Turn]:
    length = rng.choice((1, 1, 2, 2, 3, 4, 5))
    text = " ".join(rng.choice((_word(rng), person_name(rng), str(rng.randint(0, 99)))) for _ in range(length))
    user = expand(rng, "{repeat after me:|say|please say|repeat|repeat this:|can you say|copy this:|echo} {<w>|\"<w>\"}{.|}", w=text)
    return [Turn(user, text, key=f"copy {text}")]


def letters(rng: Random) -> list[Turn]:
    word = rng.choice(WORDS)
    if rng.random() < 0.35:
        user = expand(rng, "{how many letters {are in|does <w> have in|has}|count the letters in} {<w>|the word <w>|\"<w>\"}?", w=word)
        user = user.replace(f"does {word} have in", "are in")
        return [Turn(user, f"{word.capitalize()} has {len(word)} letters.", rf"{len(word)} letters", key=f"count {word}")]
    which, letter = rng.choice((("first", word[0]), ("first", word[0]), ("last", word[-1])))
    user = expand(rng, "{what is|what's|tell me|which is} the <which> letter {of|in} {<w>|the word <w>|\"<w>\"}?", which=which, w=word)
    return [Turn(user, f"The {which} letter of {word} is {letter}.", key=f"{which} {word}")]


_THING = ("film movie book song meal soup cake hotel room game show phone car coat shop trip concert play restaurant teacher "
          "service weather day party museum beach train coffee lesson app story bed view holiday").split()  # fmt: skip
_GOOD = "great|wonderful|excellent|lovely|fantastic|amazing|very good|beautiful|delightful|perfect|superb|really nice"
_BAD = "awful|terrible|boring|horrible|very bad|disgusting|ugly|disappointing|broken|dreadful|really poor|too slow"


def sentiment(rng: Random) -> list[Turn]:
    good = rng.random() < 0.5
    templates = (
        [
            "the <t> was {<g>}", "I {love|loved|like|liked|enjoyed} {the|this|that} <t>", "what a {<g>} <t>",
            "{this|that} <t> {made me happy|made my day|is the best}", "the <t> was {<g>} and I {would come back|smiled all day|want more}",
        ]
        if good
        else [
            "the <t> was {<b>}", "I {hate|hated|dislike|did not like|regret} {the|this|that} <t>", "what a {<b>} <t>",
            "{this|that} <t> {made me sad|ruined my day|is the worst}", "the <t> was {<b>} and I {want my money back|will not come back|went home}",
        ]
    )  # fmt: skip
    sentence = rng.choice(templates).replace("<g>", _GOOD).replace("<b>", _BAD)
    frame = rng.choice(
        [
            "{is this positive or negative|positive or negative|sentiment|what is the sentiment|is this good or bad|classify|"
            "is the mood positive or negative|classify the sentiment|label this review}{:|?} {<s>|\"<s>\"}{.|}",
            "{<s>|\"<s>\"}. {positive or negative|is that positive or negative|what is the sentiment}?",
        ]
    )
    user = expand(rng, frame, s=expand(rng, sentence, t=rng.choice(_THING)))
    return [Turn(user, "Positive." if good else "Negative.")]


def as_json(rng: Random) -> list[Turn]:
    name, age = person_name(rng), rng.randint(1, 99)
    second = rng.choice((("age", age, "is <v> years old"), ("city", rng.choice(CITIES), "lives in <v>"), ("food", rng.choice(FOODS), "likes <v>")))
    field, value, phrase = second
    user = expand(
        rng,
        f"{{<n> {phrase}. {{give me|make|answer with|write|return}} JSON|{{give me|make|write|return}} JSON: <n> {phrase}|"
        f"{{turn this into|answer in|convert to}} JSON: <n> {phrase}}}{{ with name and <f>|}}{{.|}}",
        n=name,
        v=value,
        f=field,
    )
    reply = json.dumps({"name": name, field: value}, separators=(", ", ": "))
    return [Turn(user, reply, key=f"json {name} {value}")]
