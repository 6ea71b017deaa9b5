"""Fields of a sentence as JSON under a given schema; names and numbers of a sentence as a list."""
import json
from random import Random

from corpus.grammar import Turn, expand, phrase
from corpus.lists import COLORS, COMPANIES, COUNTRIES, FOODS, JOBS, PRODUCTS, and_list, city, full_name, made_up, number, person_name, thing
from corpus.records import NEVER_TOLD, RECORDS
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
        "hotel": lambda: rng.choice(("", "", "Hotel ", "Grand ")) + " ".join(thing(rng, exam).capitalize() for _ in range(rng.randint(1, 2))) + rng.choice(("", "", " Inn", " Hotel", " House")),
        "sky": lambda: rng.choice("sunny cloudy rainy windy foggy clear snowy stormy".split()), "vehicle": lambda: rng.choice("car bus train bike ship plane boat truck".split()), "thing": lambda: thing(rng, exam).capitalize(),
        "word": lambda: thing(rng, exam), "weight": lambda: rng.randint(1, 99), "score": lambda: rng.randint(0, 9),
    }  # fmt: skip
    return makers[kind]()


_TYPES = {"age": "integer", "count": "integer", "year": "integer", "room": "integer", "score": "integer", "price": "number", "weight": "number"}


def _free(rng: Random, exam: bool) -> tuple[list[tuple[str, str, object]], str]:
    """Any keys with any values: 'kelo: 45, tavi: Brun'."""
    kinds = [rng.choice(("word", "name", "city", "age", "count", "color", "price", "company", "date", "date", "email")) for _ in range(rng.choice((1, 2, 2, 3, 3, 4)))]
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
    if rng.random() < 0.12:
        fields.insert(rng.randint(0, len(fields)), (rng.choice([k for k in NEVER_TOLD if k not in [f[0] for f in fields]]), "string", None))
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
        text = phrase(rng, exam, "{<i> {went to <c>|are here|play football|came home|ate soup|live in <c>|sang a song|work at the bank|are my friends|met in <c>|want tea|like to swim|will come later}|I met <i>{ in <c>|}|we invited <i>|yesterday I saw <i>|a letter for <i>|dinner with <i>{ in <c>|}|{thanks|hello} to <i>|in <c> live <i>|this is from <i>|the winners are <i>|ask <i> about it|on the list: <i>}", i=and_list(items), c=city(rng, exam))
    else:
        what, items = "numbers", [number(rng, 0, 99, exam) for _ in range(rng.randint(2, 4))]
        text = phrase(rng, exam, "{we saw <i>|the numbers are <i>|pages <i>|rooms <i> are free|I like <i>|buses <i> stop here|she drew <i>|my lucky numbers: <i>|take <i>|houses <i> are sold|read chapters <i>}", i=and_list([str(i) for i in items]))
    user = phrase(rng, exam, "{list|return|give me|find|extract} {all |}the <w> {as a JSON array|as a JSON list|as JSON}: <t>|<t>. {List|Return|Give me} the <w> as a JSON {array|list}.|<t>. The <w> as JSON, please.|{a JSON array|a JSON list|JSON} of {all |}the <w>{ in|:| in:} <t>|which <w> are in the text? {Answer with|Use} a JSON {array|list}: <t>|put {all |}the <w> into a JSON {array|list}: <t>|<w> as {a JSON array|JSON}: <t>|collect the <w> of this as a JSON array: <t>", w=what, t=text)
    return [Turn(user, json.dumps(items), "json", EXACT)]
