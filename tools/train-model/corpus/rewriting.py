"""Rewriting what the user wrote: case, order, plural, past, replacing, lists; and finding something in a short text."""
from random import Random

from corpus.grammar import Turn, expand, phrase
from corpus.lists import ANIMALS, COLORS, FOODS, PRODUCTS, WORDS, city, number, person_name, thing
from corpus.splits import EXACT, held_out_key

IRREGULAR = dict(man="men", woman="women", child="children", foot="feet", tooth="teeth", mouse="mice", goose="geese", person="people", sheep="sheep",
                 fish="fish", deer="deer", wolf="wolves", leaf="leaves", knife="knives", wife="wives", life="lives", half="halves", potato="potatoes",
                 tomato="tomatoes", piano="pianos", photo="photos", ox="oxen")  # fmt: skip
NOUNS = """cat dog bird book door hand tree ship bell cake desk farm flag frog game gate gift goat home house key king kite lamp lion map
nose owl park pear pen pig plant queen ring river rock roof rose school shoe song spoon stone storm street tiger toy train wall whale window apple
banana bridge butter camera candle castle chair circle cloud clock cookie cousin dance dragon dream eagle finger flower forest friend garden guitar
hammer heart island jacket ladder lemon letter market mirror monkey mountain number orange pencil picture planet pocket prince puzzle rabbit rocket
salad sister smile teacher ticket turtle village violin box bus fox glass dress brush dish watch bench peach beach church class wish kiss tax
baby city lady party story cherry puppy penny country family berry fly boy day monkey toy tray key donkey army body copy bottle table plate
rope wheel horse nurse purse judge page cage bee tie pie shop truck car boat plane road hill lake star moon""".split()
PAST = dict(go="went", see="saw", eat="ate", take="took", give="gave", make="made", come="came", run="ran", write="wrote", sing="sang", swim="swam",
            drink="drank", sleep="slept", buy="bought", bring="brought", think="thought", find="found", know="knew", say="said", sit="sat",
            fly="flew", fall="fell", read="read", win="won", build="built", begin="began", speak="spoke", break_="broke", drive="drove",
            walk="walked", play="played", jump="jumped", look="looked", talk="talked", paint="painted", cook="cooked", open="opened", help="helped",
            love="loved", like="liked", dance="danced", smile="smiled", live="lived", hope="hoped", close="closed", try_="tried", cry="cried", carry="carried",
            study="studied", stop="stopped", plan="planned", drop="dropped", call="called", wash="washed", watch="watched", wait="waited")  # fmt: skip


def plural_of(noun: str) -> str:
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def sentence(rng: Random, exam: bool, low: int = 2, high: int = 6) -> str:
    """A few words in a row, sensible or not."""
    if rng.random() < 0.5:
        return " ".join(thing(rng, exam) for _ in range(rng.randint(low, high)))
    return phrase(
        rng, exam,
        "{the <a> {saw|likes|eats|has|wants} the <b>|I {like|see|have|want} <f>|<n> lives in <c>|my <p> is <k>|the <k> <p> is {new|old|here}|we eat <f>|<n> has a <k> <p>|"
        "a <a> sat on the <p>|{good|nice|small} <b> of <c>|where is my <p>|please bring the <p>|the <b> sleeps|<n> and the <a>|this <p> is for <n>}",
        a=rng.choice(ANIMALS), b=rng.choice(ANIMALS), f=rng.choice(FOODS), n=person_name(rng, exam), c=city(rng, exam), p=rng.choice(PRODUCTS), k=rng.choice(COLORS),
    )  # fmt: skip


def _as_shown(user: str, text: str) -> str:
    """`text` with its first letter raised where the user's words, which open with a capital, open with it."""
    raised = text[:1].upper() + text[1:]
    return raised if user.startswith(raised) else text


def _frame(rng: Random, exam: bool, ask: str, text: str) -> str:
    return phrase(rng, exam, ask, s=rng.choice((text, text, f'"{text}"', f"'{text}'")))


def case(rng: Random, exam: bool = False) -> list[Turn]:
    text = sentence(rng, exam, 1, 5)
    kind = rng.random()
    if kind < 0.6:
        user = _frame(rng, exam, "{{write|put|say|rewrite|turn|change|convert} {this |}{in|to|into} {upper case|uppercase|capitals|capital letters|all caps}: <s>|<s> in {upper case|capitals|all caps}|make <s> upper case|{upper case|uppercase|capitals}: <s>|shout: <s>|{write|put} <s> in {upper case|capital letters}|{set|type|print|give me|I want} <s> in {capitals|upper case|big letters}|all {letters big|capitals|caps}: <s>|{raise|uppercase|capitalise} {all letters|every letter} of <s>|<s>, but in {capitals|upper case}|turn <s> {to|into} {upper case|capitals}|how does <s> look in {capitals|upper case}?}", text)
        return [Turn(user, text.upper(), key=EXACT)]
    if kind < 0.8:
        user = _frame(rng, exam, "{{write|put|say|rewrite|turn|change|convert} {this |}{in|to|into} {lower case|lowercase|small letters}: <s>|make <s> lower case|{lower case|lowercase}: <s>|{write|put} <s> in {lower case|small letters}|<s> in {lower case|small letters}|{set|type|print|give me|I want} <s> in {small letters|lower case}|all {letters small|lower case}: <s>|turn <s> {to|into} {lower case|small letters}|<s>, but in {lower case|small letters}|no capitals: <s>}", text.upper() if rng.random() < 0.6 else text.title())
        return [Turn(user, text.lower(), key=EXACT)]
    user = _frame(rng, exam, "{{write|put|rewrite|change|convert} {this |}{in|to|into} title case: <s>|title case: <s>|{capitalize|capitalise} {each|every} word: <s>|start {each|every} word with a capital letter: <s>|make a title of <s>|<s> in title case|{put|write} <s> in title case|each word of <s> with a capital|as a title: <s>}", text.lower())
    return [Turn(user, " ".join(word.capitalize() for word in text.lower().split()), key=EXACT)]


def reversed_words(rng: Random, exam: bool = False) -> list[Turn]:
    text = sentence(rng, exam, 2, 5)
    user = _frame(rng, exam, "{{reverse|turn round|flip} the {order of the words|word order|words}: <s>|{write|say|read} the words {backwards|in reverse order|in reverse}: <s>|{reverse|turn round} the words of <s>|words in reverse: <s>|put the words of <s> in reverse order|last word first: <s>|<s> with the words {backwards|reversed|in reverse}|from the last word to the first: <s>|{reverse|invert|mirror} this sentence word by word: <s>|backwards, word by word: <s>|the words of <s> from {back to front|last to first}|say <s> backwards, word by word|change the order of the words to the opposite: <s>|{reverse|flip|turn round}: <s>|start with the last word: <s>|give me <s> with the last word first|write <s> in reverse word order|words backwards: <s>}", text)
    return [Turn(user, " ".join(reversed(_as_shown(user, text).split())), key=EXACT)]


def plural(rng: Random, exam: bool = False) -> list[Turn]:
    while True:
        noun = rng.choice(NOUNS) if rng.random() < 0.75 else rng.choice(list(IRREGULAR))
        if noun in IRREGULAR or held_out_key(f"plural {noun}", 8) == exam:
            break
    many = plural_of(noun)
    if rng.random() < 0.25:
        n = rng.randint(2, 9)
        user = phrase(rng, exam, "{one <w>, <n> ...|one <w>, but <n> what|complete: one <w>, <n>|if I have one <w> and get more, I have <n> what}{?|}", w=noun, n=n)
        return [Turn(user, f"{n} {many}.", rf"\b{many}\b", EXACT)]
    if rng.random() < 0.2:
        user = phrase(rng, exam, "{what is the singular of <w>|singular of <w>|give me the singular of <w>|<w> in the singular|one of <w> is called what}{?|}", w=many)
        return [Turn(user, f"The singular of {many} is {noun}.", rf"is {noun}\b", EXACT)]
    user = phrase(rng, exam, "{what is the plural of <w>|plural of <w>|the plural of <w>, please|what's the plural of <w>|make <w> plural|put <w> in the plural|plural: <w>|how do you say <w> in the plural|give me the plural of <w>|more than one <w> is called what|tell me the plural of the word <w>|<w> in the plural|many of <w> are called what|I need the plural of <w>|how do you write the plural of <w>|which word is the plural of <w>|turn <w> into the plural|the word <w> in the plural|say <w> in the plural|if there are many, what do you call <w>}{?|}", w=noun)
    return [Turn(user, f"The plural of {noun} is {many}.", rf"is {many}\b", EXACT)]


def past(rng: Random, exam: bool = False) -> list[Turn]:
    now, then = rng.choice(list(PAST.items()))
    now = now.strip("_")
    user = phrase(rng, exam, "{what is the past {tense |}of <w>|past tense of <w>|past of <w>|put <w> in the past|put <w> {in|into} the past tense|today I <w>, yesterday I ...|give me the past {tense |}of <w>|what's the past tense of <w>|<w> in the past tense|tell me the past of the verb <w>}{?|}", w=now)
    return [Turn(user, f"The past of {now} is {then}.", rf"is {then}\b", EXACT)]


def replace_word(rng: Random, exam: bool = False) -> list[Turn]:
    words = sentence(rng, exam, 3, 6).split()
    i, new = rng.randrange(len(words)), thing(rng, exam)
    old = words[i]
    if words.count(old) > 1:
        return replace_word(rng, exam)
    if rng.random() < 0.6:
        user = phrase(rng, exam, "{replace <o> {with|by} <n>{ in|:| in:} <s>|change <o> {to|into} <n>{ in|:| in:} <s>|<s>. Replace <o> {with|by} <n>.|put <n> in place of <o>: <s>|write <n> instead of <o>: <s>|swap <o> for <n>: <s>|<s>. Change <o> {to|into} <n>.|<s>. Put <n> for <o>.|in <s>, replace <o> {with|by} <n>|exchange <o> for <n>: <s>|turn <o> into <n>: <s>|use <n> in place of <o>: <s>|<o> becomes <n>: <s>|substitute <n> for <o> in: <s>|let <o> be <n> in: <s>}", o=old, n=new, s=" ".join(words))
        shown = _as_shown(user, " ".join(words)).split()
        return [Turn(user, " ".join(new if j == i else w for j, w in enumerate(shown)), key=EXACT)]
    user = phrase(rng, exam, "{{remove|delete|drop|leave out|take out} {the word |}<o>{ from|:| in| from:} <s>|<s>. {Remove|Delete|Leave out} <o>.|write <s> without {the word |}<o>|<s>. {Drop|Take out|Skip} {the word |}<o>.|{erase|cut|strike} <o> {from|in}: <s>|<s>, but without <o>|say it without <o>: <s>|without <o>: <s>|no <o>, please: <s>}", o=old, s=" ".join(words))
    shown = _as_shown(user, " ".join(words)).split()
    return [Turn(user, " ".join(w for j, w in enumerate(shown) if j != i), key=EXACT)]


def make_list(rng: Random, exam: bool = False) -> list[Turn]:
    items = [rng.choice((thing(rng, exam), rng.choice(FOODS), person_name(rng, exam))) for _ in range(rng.randint(2, 4))]
    text = ", ".join(items[:-1]) + " and " + items[-1]
    kind = rng.randrange(4)
    if kind == 0:
        user = phrase(rng, exam, "{{make|write} a {list|bullet list|list with dashes} of <s>|bullet {list|points}: <s>|{list|write} {these|this} as bullet points: <s>|<s> as {bullet points|a bullet list|a list with dashes}|put <s> into a list|one line each, with a dash: <s>|list <s>|dashes in front of <s>|turn <s> into bullet points}", s=text)
        return [Turn(user, "\n".join(f"- {item}" for item in [_as_shown(user, items[0]), *items[1:]]), key=EXACT)]
    if kind == 1:
        user = phrase(rng, exam, "{{make|write|give me} a numbered list{ of|:} <s>|number {these|this}: <s>|numbered list, please: <s>|<s> as a numbered list|put numbers before <s>|count them in a list: <s>|list <s> with numbers|turn <s> into a numbered list}", s=text)
        return [Turn(user, "\n".join(f"{i}. {item}" for i, item in enumerate([_as_shown(user, items[0]), *items[1:]], 1)), key=EXACT)]
    if kind == 2:
        user = phrase(rng, exam, "{{join|put together|combine} these with {commas|a comma}: <s>|with commas, please: <s>|comma separated: <s>|put commas between <s>|separate with commas: <s>|<s>, with commas between them|write a comma after each: <s>}", s=" ".join(i.replace(" ", "") for i in items))
        return [Turn(user, ", ".join(i.replace(" ", "") for i in items), key=EXACT)]
    which, i = rng.choice((("first", 0), ("last", -1), ("second", 1)))
    words = sentence(rng, exam, 2, 5).split()
    if len(words) < 2:
        words.append(thing(rng, exam))
    user = phrase(rng, exam, "{what is the <w> word {of|in}|tell me the <w> word of|the <w> word of|which is the <w> word in|give me the <w> word of|say the <w> word of|which word is <w> in|only the <w> word of|find the <w> word in|write the <w> word of|name the <w> word of|I want the <w> word of}{:|} <s>", w=which, s=" ".join(words))
    return [Turn(user, words[i], rf"\b{words[i]}\b", EXACT)]


def reading(rng: Random, exam: bool = False) -> list[Turn]:
    """A sentence or two, and a question whose answer stands there."""
    names = []
    while len(names) < 2:
        if (name := person_name(rng, exam)) not in names:
            names.append(name)
    n, m = names
    kind = rng.randrange(6)
    who = rng.choice((n, m))
    if kind == 0:
        a, b = rng.sample(COLORS, 2)
        p = rng.choice(PRODUCTS)
        text = phrase(rng, exam, "{<n> has a <a> <p> and <m> has a <b> <p>|<n>'s <p> is <a> and <m>'s <p> is <b>|the <p> of <n> is <a>, that of <m> is <b>|<n> bought a <a> <p>. <m> bought a <b> <p>}", n=n, m=m, a=a, b=b, p=p)
        ask = phrase(rng, exam, "{what {colour|color} is the <p> of <w>|what {colour|color} is <w>'s <p>|which {colour|color} does <w>'s <p> have}", w=who, p=p)
        answer = a if who == n else b
        reply = f"{who}'s {p} is {answer}."
    elif kind == 1:
        a, b = city(rng, exam), city(rng, exam)
        text = phrase(rng, exam, "{<n> lives in <a> and <m> lives in <b>|<n> is from <a>, <m> is from <b>|<n> went to <a>. <m> went to <b>|<n> lives in <a>. <m> lives in <b>}", n=n, m=m, a=a, b=b)
        verb = "lives in" if "lives" in text else "is from" if "is from" in text else "went to"
        ask = phrase(rng, exam, {"lives in": "{where does <w> live|in which city does <w> live|which city does <w> live in}", "is from": "{where is <w> from|which city is <w> from|where does <w> come from}", "went to": "{where did <w> go|which city did <w> go to|where did <w> travel}"}[verb], w=who)
        answer = a if who == n else b
        reply = f"{who} {verb} {answer}."
    elif kind == 2:
        a, b, p = number(rng, 2, 99, exam), number(rng, 2, 99, exam), rng.choice(PRODUCTS)
        text = phrase(rng, exam, "{<n> has <a> <p>s and <m> has <b>|<n> has <a> <p>s. <m> has <b> <p>s|<n> owns <a> <p>s, <m> owns <b>}", n=n, m=m, a=a, b=b, p=p)
        ask = phrase(rng, exam, "{how many <p>s does <w> {have|own}|how many <p>s are <w>'s|how many has <w>}", w=who, p=p)
        answer = str(a if who == n else b)
        reply = f"{who} has {answer} {p}s."
    elif kind == 3:
        a, b = thing(rng, exam), thing(rng, exam)
        text = phrase(rng, exam, "{the <a> is in the <x> and the <b> is in the <y>|there is a <a> in the <x> and a <b> in the <y>|I put the <a> in the <x>. I put the <b> in the <y>}", a=a, b=b, x="box", y="bag")
        one = rng.choice((a, b))
        if a == b:
            return reading(rng, exam)
        ask = phrase(rng, exam, "{where is the <o>|where can I find the <o>|where did I put the <o>}", o=one)
        answer = "box" if one == a else "bag"
        reply = f"The {one} is in the {answer}."
    elif kind == 4:
        p, k = rng.choice(PRODUCTS), rng.choice(("gave", "sold", "sent", "showed"))
        text = phrase(rng, exam, "{<n> <k> <m> a <p>|<n> <k> a <p> to <m>|yesterday <n> <k> a <p> to <m>}", n=n, m=m, p=p, k=k)
        if rng.random() < 0.5:
            ask, answer = f"Who {k} the {p}", n
            reply = f"{n} {k} the {p}."
        else:
            answer = m
            ask, reply = f"Who got the {p}", f"{m} got the {p}."
    else:
        h = f"{rng.randint(1, 12)}:{rng.choice(('00', '15', '30', '45'))}"
        place = rng.choice("shop museum school bank train bus concert game film library".split())
        verb = "leaves" if place in ("train", "bus") else "begins" if place in ("concert", "game", "film") else "opens"
        text = phrase(rng, exam, "{the <p> <v> at <h>|<n> says the <p> <v> at <h>|in <c> the <p> <v> at <h>}", p=place, v=verb, h=h, n=n, c=city(rng, exam))
        ask = phrase(rng, exam, "{when does the <p> <v>|what time does the <p> <v>|at what time does the <p> <v>}", p=place, v=verb.rstrip("s"))
        answer = h
        reply = f"The {place} {verb} at {h}."
    ask = ask.rstrip("?") + "?"
    user = rng.choice((f"{text}. {ask}", f"{text}.\n{ask}", f"{ask} {text}.", f"Text: {text}. Question: {ask}", f"{text}. {ask}"))
    if rng.random() < 0.25:
        return [Turn(ask, reply, rf"\b{answer}\b", EXACT, system=expand(rng, "{use this|what you know|context|note}: ") + text + ".")]
    return [Turn(user, reply, rf"\b{answer}\b", EXACT)]
