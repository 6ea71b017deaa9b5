"""Fields of a sentence as JSON under a given schema, and choosing one of given labels."""
import json
from random import Random

from corpus.grammar import Turn, expand, phrase
from corpus.lists import COLORS, COMPANIES, COUNTRIES, FOODS, JOBS, PRODUCTS, city, full_name, made_up, number, person_name, thing
from corpus.splits import EXACT

_MONTHS = "January February March April May June July August September October November December".split()


def _value(rng: Random, kind: str, exam: bool) -> object:
    name = person_name(rng, exam)
    if kind == "email":
        return f"{name.lower()}@{made_up(rng, rng.choice((1, 2)))}.{rng.choice(('com', 'org', 'net', 'de'))}"
    if kind == "phone":
        return "-".join(str(rng.randint(10 ** (d - 1), 10**d - 1)) for d in rng.choice(((3, 4), (3, 3, 4), (4, 4))))
    if kind == "date":
        year, month, day = rng.randint(1950, 2030), rng.randint(1, 12), rng.randint(1, 28)
        return rng.choice((f"{year}-{month:02}-{day:02}", f"{day} {_MONTHS[month - 1]}", f"{_MONTHS[month - 1]} {day}", f"{day} {_MONTHS[month - 1]} {year}"))
    makers = {
        "name": lambda: full_name(rng, exam), "city": lambda: city(rng, exam), "age": lambda: number(rng, 1, 99, exam), "job": lambda: rng.choice(JOBS),
        "country": lambda: rng.choice(COUNTRIES), "color": lambda: rng.choice(COLORS), "product": lambda: rng.choice(PRODUCTS) if rng.random() < 0.6 else thing(rng, exam),
        "count": lambda: number(rng, 2, rng.choice((20, 99)), exam), "price": lambda: number(rng, 1, rng.choice((99, 999)), exam) if rng.random() < 0.6 else rng.randint(101, 9999) / 100,
        "company": lambda: made_up(rng, 2).capitalize() + (" " + rng.choice(COMPANIES) if rng.random() < 0.6 else ""), "year": lambda: rng.randint(1900, 2030),
        "title": lambda: " ".join(thing(rng, exam).capitalize() for _ in range(rng.randint(1, 3))), "time": lambda: f"{rng.randint(0, 23)}:{rng.choice(('00', '15', '30', '45'))}",
        "food": lambda: rng.choice(FOODS), "animal": lambda: rng.choice("dog cat horse rabbit parrot fish turtle mouse goat".split()), "room": lambda: rng.randint(1, 400),
        "word": lambda: thing(rng, exam), "weight": lambda: rng.randint(1, 99), "score": lambda: rng.randint(0, 9),
    }  # fmt: skip
    return makers[kind]()


# record: (fields: key spellings and kind; sentences)
RECORDS: list[tuple[dict[str, tuple[str, str]], str]] = [
    (
        {"n": ("name|name|person|full_name|customer", "name"), "a": ("age|age|years", "age"), "c": ("city|city|town|home|location", "city"), "j": ("job|job|profession|occupation|work", "job")},
        "{<n> is <a> years old, lives in <c> and works as a <j>|<n>, <a>, is a <j> from <c>|my friend <n> is a <a> year old <j> in <c>|this is <n>, a <j> of <a> years. <n> lives in <c>|"
        "<n> ({age |}<a>) lives in <c>. Job: <j>|in <c> lives a <j> called <n>, who is <a>|<n> is a <j>. <n> is <a> and comes from <c>|meet <n> from <c>, <a> years old, a <j>}",
    ),
    (
        {"n": ("name|name|person|user|guest", "name"), "a": ("age", "age"), "c": ("city|city|town|place", "city")},
        "{<n> is <a> years old and lives in <c>|<n>, <a>, lives in <c>|<n> from <c> is <a>|my name is <n>, I am <a> and I live in <c>|I am <n>, <a> years old, from <c>|<n> lives in <c> and is <a> years old|<n> turned <a> in <c>}",
    ),
    (
        {"n": ("name|name|contact|person", "name"), "e": ("email|email|mail|email_address", "email"), "p": ("phone|phone|phone_number|number", "phone")},
        "{<n> can be reached at <e> or <p>|write to <n>: <e>, or call <p>|contact: <n>, <e>, <p>|<n> has the number <p> and the address <e>|call <n> at <p> or mail <e>|my name is <n>, my mail is <e>, my phone is <p>|<n>, phone <p>, email <e>}",
    ),
    (
        {"n": ("customer|name|buyer|client", "name"), "q": ("quantity|quantity|count|amount", "count"), "p": ("product|product|item|article", "product"), "r": ("price|price|cost|total", "price")},
        "{<n> bought <q> <p>s for <r> {euros|dollars}|<n> ordered <q> <p>s, price <r>|<q> <p>s for <n>, that is <r> {euros|dollars}|order from <n>: <q> <p>s at <r> {euros|dollars}|<n> wants <q> <p>s and pays <r>|sold <q> <p>s to <n> for <r>}",
    ),
    (
        {"p": ("product|product|item|name", "product"), "c": ("color|color|colour", "color"), "r": ("price|price|cost", "price")},
        "{the <c> <p> costs <r> {euros|dollars}|a <c> <p> for <r> {euros|dollars}|we sell a <c> <p> at <r>|I want the <c> <p> that costs <r>|<p>, <c>, <r> {euros|dollars}|buy our <p> in <c> for only <r>}",
    ),
    (
        {"t": ("title|title|event|name", "title"), "d": ("date|date|day|when", "date"), "c": ("city|place|location|where|city", "city")},
        "{<t> takes place in <c> on <d>|on <d> there is <t> in <c>|<t>, <c>, <d>|come to <t> in <c> on <d>|the event <t> is on <d> in <c>|see you at <t> on <d>, in <c>}",
    ),
    (
        {"t": ("title|title|book|name", "title"), "n": ("author|author|writer|by", "name"), "y": ("year|year|published", "year")},
        "{<t> was written by <n> in <y>|<n> wrote <t> in <y>|the book <t> by <n> came out in <y>|<t>, <n>, <y>|in <y>, <n> published <t>|I read <t> by <n>, from <y>}",
    ),
    (
        {"p": ("pet|name|pet_name", "name"), "k": ("animal|kind|species|type", "animal"), "n": ("owner|owner|person", "name")},
        "{<p> is a <k> and belongs to <n>|<n> has a <k> called <p>|the <k> <p> lives with <n>|<n>'s <k> is called <p>|<p> the <k> is at home with <n>}",
    ),
    (
        {"a": ("from|origin|start|departure", "city"), "b": ("to|destination|end|arrival", "city"), "t": ("time|time|departure_time|at", "time"), "d": ("date|date|day", "date")},
        "{the train from <a> to <b> leaves at <t> on <d>|on <d> at <t> I go from <a> to <b>|flight <a> to <b>, <d>, <t>|from <a> to <b> on <d> at <t>|I need a ticket from <a> to <b> on <d> at <t>|we leave <a> on <d> at <t> and go to <b>}",
    ),
    (
        {"n": ("employee|name|person", "name"), "j": ("job|position|role|title", "job"), "o": ("company|company|employer|organization", "company"), "y": ("since|year|started", "year")},
        "{<n> has worked as a <j> at <o> since <y>|since <y>, <n> is a <j> at <o>|<o> hired <n> as a <j> in <y>|<n>, <j>, <o>, since <y>|in <y>, <n> became a <j> at <o>}",
    ),
    (
        {"n": ("guest|name|visitor", "name"), "r": ("room|room|room_number", "room"), "k": ("nights|nights|days", "score"), "c": ("hotel|hotel|place", "title")},
        "{<n> stays in room <r> of the <c> for <k> nights|<c>, room <r>, <n>, <k> nights|<n> booked room <r> at the <c> for <k> nights|for <n>: room <r>, <k> nights, <c>}",
    ),
    (
        {"a": ("home|team1|first|winner", "city"), "b": ("away|team2|second|loser", "city"), "x": ("goals1|score1|home_score", "score"), "y": ("goals2|score2|away_score", "score")},
        "{<a> won <x> to <y> against <b>|<a> <b> <x>:<y>|<a> played <b> and it ended <x> to <y>|the game <a> against <b> ended <x> to <y>}",
    ),
]  # fmt: skip
_TYPES = {"age": "integer", "count": "integer", "year": "integer", "room": "integer", "score": "integer", "price": "number", "weight": "number"}


def _free(rng: Random, exam: bool) -> tuple[list[tuple[str, str, object]], str]:
    """Any keys with any values: 'kelo: 45, tavi: Brun'."""
    kinds = [rng.choice(("word", "name", "city", "age", "count", "color", "price", "company", "date", "email")) for _ in range(rng.choice((1, 2, 2, 3, 3, 4)))]
    keys: list[str] = []
    while len(keys) < len(kinds):
        if (key := thing(rng, exam)) not in keys:
            keys.append(key)
    fields = [(key, _TYPES.get(kind, "string"), _value(rng, kind, exam)) for key, kind in zip(keys, kinds)]
    form = rng.choice(("<k>: <v>", "<k> = <v>", "the <k> is <v>", "<k> is <v>", "<k> <v>", "<k> - <v>"))
    text = rng.choice((", ", "; ", " and ", "\n")).join(form.replace("<k>", key).replace("<v>", str(value)) for key, _, value in fields)
    return fields, text


def _record(rng: Random, exam: bool) -> tuple[list[tuple[str, str, object]], str]:
    """(key, type, value) of all fields, and a sentence that tells them."""
    shape, sentences = rng.choice(RECORDS)
    while True:
        spelled = {slot: (rng.choice(keys.split("|")), kind, _value(rng, kind, exam)) for slot, (keys, kind) in shape.items()}
        if len({str(value) for _, _, value in spelled.values()}) == len({key for key, _, _ in spelled.values()}) == len(spelled):
            break
    text = phrase(rng, exam, sentences, **{slot: value for slot, (_, _, value) in spelled.items()})
    fields = [(key, _TYPES.get(kind, "string"), value) for key, kind, value in spelled.values()]
    return fields, text + rng.choice((".", ".", "", "!"))


def schema_of(fields: list[tuple[str, str, object]], loose: bool = False) -> dict:
    out: dict = {"type": "object", "properties": {key: {"type": kind} for key, kind, _ in fields}}
    return out if loose else out | {"required": [key for key, _, _ in fields]}


def as_json(rng: Random, exam: bool = False) -> list[Turn]:
    fields, text = _free(rng, exam) if rng.random() < 0.2 else _record(rng, exam)
    rng.shuffle(fields)
    fields = fields[: rng.randint(1, len(fields))] if rng.random() < 0.4 else fields
    if rng.random() < 0.06:
        fields.insert(rng.randint(0, len(fields)), (rng.choice([k for k in ("phone", "salary", "hobby", "country", "zip") if k not in [f[0] for f in fields]]), "string", None))
    names = [key for key, _, _ in fields]
    listed = ", ".join(names) if len(names) == 1 or rng.random() < 0.5 else ", ".join(names[:-1]) + " and " + names[-1]
    reply = json.dumps({key: value for key, _, value in fields}, ensure_ascii=False)
    system, kind = "", rng.random()
    if not exam and rng.random() < 0.12:  # no word of JSON: only a schema asks for it, which the model does not see
        return [Turn(text, reply, "json", EXACT, given=f'{{"{names[0]}":')]
    if kind < 0.45:
        user = phrase(
            rng, exam,
            "{{extract|extract the|get|find|give me|return|pull out} <l> {as|in} JSON{:| from:| from this text:| from this sentence:} <s>|JSON with {<l>|the fields <l>|keys <l>}: <s>|<s> {Give me|Return|Make|Answer with} JSON with <l>.|"
            "{return|make|write|answer with} {a JSON object|JSON|an object} with {<l>|the fields <l>|the keys <l>}{:| for:| from:} <s>|{turn this into|convert to|put into} JSON with <l>: <s>|<s> {As JSON|In JSON|To JSON}, please: <l>.|Text: <s>\nFields: <l>\nJSON:}",
            l=listed, s=text,
        )  # fmt: skip
    elif kind < 0.7:
        schema = json.dumps(schema_of(fields, rng.random() < 0.4), separators=rng.choice(((", ", ": "), (",", ":"))))
        if rng.random() < 0.3:
            system, user = phrase(rng, exam, "{answer|reply|respond} {with JSON|in JSON} {of|with|that fits|matching} this schema: <s>", s=schema), text
        else:
            user = phrase(rng, exam, "{extract|fill in|answer with|return|give me|get} {the data|JSON|the fields|the object} {for|of|with|matching} this schema{:| } <s>\n<t>|Schema: <s>\nText: <t>|<t>\n{Schema|JSON schema|Use the schema|As JSON with this schema}: <s>", s=schema, t=text)
    elif kind < 0.85:
        shown = json.dumps({key: {"string": "", "integer": 0, "number": 0}[k] if rng.random() < 0.5 else k for key, k, _ in fields}) if rng.random() < 0.6 else "{" + ", ".join(f"{key}: {k}" for key, k, _ in fields) + "}"
        user = phrase(rng, exam, "{fill|fill in|complete|answer in the form|use the form|format:|as} <f>{: |\n}<t>|<t>\n{Fill|Fill in|Form:|Answer as} <f>", f=shown, t=text)
    else:
        system = phrase(rng, exam, "{extract|you extract|return|always return|answer with} {<l> as JSON|JSON with <l>|a JSON object with <l>|the fields <l> as JSON} {from the text|from each message|from what the user says|}{.|}", l=listed)
        user = text
    return [Turn(user, reply, "json", EXACT, system=system, schema=schema_of(fields))]


def name_list(rng: Random, exam: bool = False) -> list[Turn]:
    """All the names, or numbers, of a sentence as a JSON array."""
    if rng.random() < 0.6:
        what, items = "names", [person_name(rng, exam) for _ in range(rng.randint(1, 4))]
        text = phrase(rng, exam, "{<i> {went to <c>|are here|play football|came home|ate soup|live in <c>|sang a song}|I met <i>{ in <c>|}|we invited <i>|yesterday I saw <i>}", i=_and(items), c=city(rng, exam))
    else:
        what, items = "numbers", [number(rng, 0, 99, exam) for _ in range(rng.randint(2, 4))]
        text = phrase(rng, exam, "{we saw <i>|the numbers are <i>|pages <i>|rooms <i> are free|I like <i>}", i=_and([str(i) for i in items]))
    user = phrase(rng, exam, "{list|return|give me|find|extract} {all |}the <w> {as a JSON array|as a JSON list|as JSON}: <t>|<t>. {List|Return|Give me} the <w> as a JSON {array|list}.", w=what, t=text)
    return [Turn(user, json.dumps(items), "json", EXACT)]


def _and(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


SUBJECTS = {
    "sports": "the team won the {match|game|cup}|she {ran|won} the race|he scored {two|three} goals|the {football|tennis|basketball} player trained hard|they lost the final|a new record in swimming|the coach was happy with the players|the marathon starts at nine",
    "food": "the soup {needs salt|was hot}|I baked {bread|a cake}|this recipe needs {eggs|butter and flour}|we had {pasta|pizza|rice} for dinner|the cook fried onions|add sugar to the dough|the restaurant serves fish|fresh tomatoes taste best",
    "travel": "we flew to {Rome|an island}|the hotel had a view of the sea|I packed my suitcase|our train to the coast was late|the tourists visited the castle|my passport is at the airport|we booked a trip to the mountains|the flight took six hours",
    "weather": "it will {rain|snow} tomorrow|the storm brought wind|a sunny day with clouds later|it is {cold|hot} outside|fog in the morning|ten degrees and rain|thunder all night|the forecast says snow",
    "music": "she plays the {piano|violin|guitar}|the band gave a concert|a song with a slow rhythm|the choir sang|he wrote a new melody|the drummer was loud|the orchestra tuned its instruments|the singer has a new album",
    "money": "the bank raised its rates|I paid the bill|shares fell by two percent|she saved her salary|the price of oil rose|taxes are due in May|he took a loan for the house|the budget is too small",
    "health": "the doctor looked at my knee|take this medicine twice a day|he has a fever|sleep is good for the heart|she broke her arm|the nurse gave a vaccine|my head hurts|the hospital is full",
    "technology": "the new phone has a better camera|my computer crashed|they wrote software for robots|update the app|the laptop has more memory|the server is down|a bug in the code|the network is slow",
    "animals": "the dog chased the cat|birds fly south|a lion sleeps in the grass|the cow gave milk|elephants are big|the cat drank milk|a wolf howled|the fish swims in the lake",
    "school": "the teacher gave us homework|I passed the exam|the class learns to read|the students wrote a test|our lesson starts at eight|she studies history|the pupils sat at their desks|I forgot my schoolbook",
    "politics": "the president gave a speech|the parliament voted on a law|the minister resigned|people will vote on Sunday|the election is close|the mayor opened the bridge|a new government was formed|the party lost seats",
    "art": "the painter used blue and gold|a museum shows old pictures|she drew a portrait|the statue is made of stone|he sells his paintings|the gallery opens tonight|an artist made a sculpture|the colours of the picture are warm",
}  # fmt: skip
MOODS = {
    "happy": "I got the job|what a lovely surprise|we laughed all day|I feel great|this is the best day of my life|I am so glad you came|hooray, we won|I love this",
    "sad": "I miss my grandmother|my dog died|I cried all night|nobody came to my party|I feel so alone|we had to say goodbye|I lost my favourite toy|my heart is broken",
    "angry": "stop shouting at me|this is outrageous|I want to speak to the manager|you lied to me|how dare you|I am sick of this|this is the third time it broke|I hate it when you do that",
    "afraid": "there is a noise in the cellar|I am scared of the dark|what if we get lost|I heard steps behind me|please do not leave me alone here|I tremble when I think of it|the dog might bite|I had a nightmare",
}  # fmt: skip
KINDS = {
    "question": "where is the station?|how old are you?|can I come in?|what time is it?|who took my pen?|is it far?|why did you leave?|do you like tea?",
    "command": "close the door|bring me a chair|stop that|come here|write your name|open the window|wait for me|turn left",
    "statement": "the sky is blue|I live here|we have two cats|the shop is closed|my coat is red|it was late|she has a bike|the bus is full",
    "greeting": "hello there|good morning|hi, nice to meet you|good evening everyone|hey, welcome|greetings, friend|hi all|good afternoon",
}
SPAM = {
    "spam": "you won a million dollars, click here|buy cheap pills now|free money, act fast|claim your prize today|you are the lucky winner|hot offer, only today, click|earn cash from home fast|send your password to get a gift",
    "not spam": "see you at lunch|the meeting is at ten|here are the photos from Sunday|can you call me later?|thanks for your help yesterday|dinner is ready|I will be ten minutes late|please find the report attached",
}
TONGUES = {
    "English": "where is my book?|the house is big|I like bread|good night|we are going home|my name is Tom|thank you for the cake|it is late",
    "French": "où est mon livre ?|la maison est grande|j'aime le pain|bonne nuit|nous allons à la maison|je m'appelle Marie|merci pour le gâteau|il est tard",
    "German": "wo ist mein Buch?|das Haus ist groß|ich mag Brot|gute Nacht|wir gehen nach Hause|ich heiße Anna|danke für den Kuchen|es ist spät",
    "Spanish": "¿dónde está mi libro?|la casa es grande|me gusta el pan|buenas noches|vamos a casa|me llamo Juan|gracias por el pastel|es tarde",
    "Italian": "dov'è il mio libro?|la casa è grande|mi piace il pane|buona notte|andiamo a casa|mi chiamo Luca|grazie per la torta|è tardi",
}
_GOOD = "great|wonderful|excellent|lovely|fantastic|amazing|very good|beautiful|delightful|perfect|superb|really nice|brilliant|tasty"
_BAD = "awful|terrible|boring|horrible|very bad|disgusting|ugly|disappointing|broken|dreadful|really poor|too slow|a waste of time|dirty"
_NEUTRAL = "on the table|open from nine to five|in the second street|made of wood|next to the bank|three years old|on Monday"
_THING = "film|movie|book|song|meal|soup|hotel|room|game|show|phone|car|coat|shop|trip|concert|play|restaurant|teacher|service|party|museum|train|coffee|app|holiday"
REVIEWS = {
    "positive": f"the {{{_THING}}} was {{{_GOOD}}}|I {{love|loved|like|enjoyed}} {{the|this|that}} {{{_THING}}}|what a {{{_GOOD}}} {{{_THING}}}|this {{{_THING}}} made me happy|I will come back to this {{{_THING}}}, it is {{{_GOOD}}}",
    "negative": f"the {{{_THING}}} was {{{_BAD}}}|I {{hate|hated|dislike|did not like|regret}} {{the|this|that}} {{{_THING}}}|what a {{{_BAD}}} {{{_THING}}}|this {{{_THING}}} made me sad|I want my money back, the {{{_THING}}} was {{{_BAD}}}",
    "neutral": f"the {{{_THING}}} is {{{_NEUTRAL}}}|I {{have|saw}} a {{{_THING}}} {{{_NEUTRAL}}}|the {{{_THING}}} was {{{_NEUTRAL}}}|there is a {{{_THING}}} {{{_NEUTRAL}}}",
}  # fmt: skip
_SPELLINGS = {"positive": "positive|good|pos", "negative": "negative|bad|neg", "neutral": "neutral|mixed|neutral"}


def _case(rng: Random) -> tuple[str, str, list[str]]:
    """Sentence template, its label, all labels."""
    bank = rng.choice((SUBJECTS, SUBJECTS, SUBJECTS, REVIEWS, REVIEWS, MOODS, KINDS, SPAM, TONGUES))
    names = list(bank)
    label = rng.choice(names)
    if bank is SUBJECTS or bank is MOODS or bank is TONGUES:
        labels = [label, *rng.sample([n for n in names if n != label], rng.randint(1, min(4, len(names) - 1)))]
    elif bank is REVIEWS and label != "neutral" and rng.random() < 0.6:
        labels = ["positive", "negative"]
    else:
        labels = names
    sentence = bank[label]
    if bank is REVIEWS:
        style = rng.choice((0, 0, 0, 1))
        spelled = {n: _SPELLINGS[n].split("|")[style] for n in labels}
        label, labels = spelled[label], list(spelled.values())
    if rng.random() < 0.15:
        label, labels = label.capitalize(), [one.capitalize() for one in labels]
    rng.shuffle(labels)
    return sentence, label, labels


def label(rng: Random, exam: bool = False) -> list[Turn]:
    sentences, right, labels = _case(rng)
    text = phrase(rng, exam, "{" + sentences + "}")
    listed = ", ".join(labels) if rng.random() < 0.6 else " or ".join(labels) if rng.random() < 0.5 else _and(labels)
    system = ""
    if rng.random() < 0.2:
        system, user = phrase(rng, exam, "{classify|label|sort} {the text|each message|what the user writes}{:| as} {<l>|one of <l>}. {Answer with the label only.|Reply with one label.||Only the label.}", l=listed), text
    else:
        user = phrase(
            rng, exam,
            "{classify|label|categorize} {this|the text|the sentence|this text} {as|with one of|into} <l>: <t>|{<l>|is this <l>|which label fits, <l>|is it <l>}? <t>|Labels: <l>\nText: <t>{\nLabel:|}|<t>\n{Labels|Choose from|Pick one of|One of}: <l>|Text: <t>\nLabels: <l>\nAnswer:|"
            "<t>. {Is that <l>|Which one: <l>|Choose: <l>|What is it, <l>}?|{pick|choose} {the right label|the label|a label|one} {from|of|out of} <l>: <t>|what is {the topic|the label|this} ({<l>|one of <l>}): <t>",
            l=listed, t=text,
        )  # fmt: skip
    return [Turn(user, right, rf"^{right}\.?$", EXACT, system=system, choices=tuple(labels))]
