"""Choosing a tool, calling it with what the user said, and telling what came back; chats where no tool is called for.

A tool is OpenAI's function object: name, description, parameters (JSON Schema). Names and parameters vary, and some are
made up, so that the model has to read them.
"""
import json
from random import Random
from typing import Callable

from corpus.grammar import Turn, expand, phrase
from corpus.lists import CITIES, COLORS, FOODS, JOBS, city, full_name, made_up, number, person_name, thing
from corpus.splits import ALWAYS_TRAIN, EXACT

Args = dict[str, object]
Use = tuple[dict, str, Args, str, str, str]  # tool, question, arguments, result, answer, what the answer must hold


def tool(name: str, description: str, /, **parameters: object) -> dict:
    """A parameter is a JSON type's name, or a list of the values it may have."""
    properties = {key: {"type": "string", "enum": kind} if isinstance(kind, list) else {"type": kind} for key, kind in parameters.items()}
    return {"name": name, "description": description, "parameters": {"type": "object", "properties": properties, "required": list(parameters)}}


def _pick(rng: Random, text: str) -> str:
    return rng.choice(text.split("|"))


def _place(rng: Random) -> str:
    return _pick(rng, "city|city|location|location|place|town")


def weather(rng: Random, exam: bool) -> Use:
    place, where = _place(rng), city(rng, exam)
    args: Args = {place: where}
    extra: dict[str, object] = {}
    unit = ""
    if rng.random() < 0.3:
        units = ["celsius", "fahrenheit"]
        rng.shuffle(units)
        extra["unit"] = units
        chosen = rng.choice(units)
        unit = f" in {chosen}"
        args["unit"] = chosen
    made = tool(
        _pick(rng, "get_weather|get_weather|weather|get_current_weather|current_weather|weather_lookup|fetch_weather|getWeather"),
        _pick(rng, "Get the weather of a city|The weather in a place|Current weather|Get current temperature for a given location.|Tells the weather|Get the current weather in a given location|"),
        **{place: "string"}, **extra,
    )  # fmt: skip
    if rng.random() < 0.15 and not extra:
        made = tool(made["name"], made["description"], **{place: "string"}, unit=["celsius", "fahrenheit"])
        made["parameters"]["required"] = [place]
    user = phrase(
        rng, exam,
        "{what is the weather {like |}in <c><u>|what's the weather {like |}in <c><u>|how is the weather in <c><u>|how's the weather in <c><u>|weather in <c><u>|tell me the weather in <c><u>|"
        "is it {cold|warm|hot|raining|sunny|snowing} in <c><u>|how {warm|cold|hot} is it in <c><u>|what is the temperature in <c><u>|do I need {an umbrella|a coat} in <c><u>|"
        "I am going to <c>, how is the weather there<u>|will it rain in <c><u>}{?|?|?| today?| now?| right now?|}",
        c=where, u=unit,
    )  # fmt: skip
    degrees = rng.randint(-9, 38)
    sky = _pick(rng, "sunny|cloudy|rainy|windy|foggy|clear|snowy|stormy|warm and dry|partly cloudy")
    result = rng.choice((
        json.dumps({"temperature": degrees, "condition": sky}), json.dumps({"temp": degrees, "sky": sky}), f"{sky}, {degrees} degrees", f"{degrees}°C, {sky}",
        json.dumps({place: where, "temperature": degrees, "weather": sky}), json.dumps({"condition": sky, "temperature": degrees, "unit": "celsius"}),
        json.dumps({"temperature": degrees, "condition": sky}, separators=(",", ":")), json.dumps({place: where, "weather": sky, "celsius": degrees}, separators=(",", ":")),
    ))  # fmt: skip
    answer = f"It is {degrees} degrees and {sky} in {where}."
    return made, user, args, result, answer, rf"{degrees}\b.*{sky}"


def calculator(rng: Random, exam: bool) -> Use:
    low, high = rng.choice(((2, 99), (100, 999), (10, 9999)))
    a, b = number(rng, low, high, exam), number(rng, 2, rng.choice((99, 999)), exam)
    op, words = rng.choice((("+", "plus|+"), ("-", "minus|-"), ("*", "times|*|x|multiplied by"), ("/", "divided by|/")))
    if op == "-" and a < b:
        a, b = b, a
    key = _pick(rng, "expression|expression|expr|formula|input")
    args: Args = {key: f"{a} {op} {b}"}
    made = tool(
        _pick(rng, "calculator|calculate|calculator|compute|evaluate|math|calc"),
        _pick(rng, "Work out an expression|Evaluate a mathematical expression|A calculator|Do arithmetic|Calculates|Evaluates an arithmetic expression"), **{key: "string"},
    )  # fmt: skip
    user = phrase(
        rng, exam, "{what is <a> <w> <b>|calculate <a> <w> <b>|how much is <a> <w> <b>|compute <a> <w> <b>|work out <a> <w> <b>|<a> <w> <b>|please calculate <a> <w> <b>|what's <a> <w> <b>|can you tell me <a> <w> <b>|I need <a> <w> <b>}{?||.}",
        a=a, b=b, w=_pick(rng, words),
    )  # fmt: skip
    value = {"+": a + b, "-": a - b, "*": a * b, "/": round(a / b, 2)}[op]
    value = int(value) if value == int(value) else value
    result = rng.choice((str(value), json.dumps({"result": value}), json.dumps({"value": value}), json.dumps({"result": value})))
    shown = {"*": "x"}.get(op, op)
    if rng.random() < 0.3:  # the parts apart
        left, sign, right = rng.choice((("a", "operator", "b"), ("a", "operator", "b"), ("x", "op", "y"), ("left", "operation", "right")))
        made = tool(made["name"], rng.choice((made["description"], "The value of a sum, difference or product")), **{left: "integer", sign: rng.choice((["+", "-", "*", "/"], ["*", "/", "+", "-"])), right: "integer"})
        args = {left: a, sign: op, right: b}
    return made, user, args, result, f"{a} {shown} {b} = {value}.", rf"= {value}\b".replace(".", r"\.")


def clock(rng: Random, exam: bool) -> Use:
    place, where = _pick(rng, "city|city|timezone|location|place"), city(rng, exam)
    made = tool(
        _pick(rng, "get_time|get_time|current_time|clock|get_current_time|time_in|local_time|world_clock"),
        _pick(rng, "The time in a city|Get the current time|Get the current time in a place|Tells the local time|What time it is somewhere"), **{place: "string"},
    )  # fmt: skip
    user = phrase(
        rng, exam, "{what time is it in <c>|what is the time in <c>|what's the time in <c>|tell me the time in <c>|current time in <c>|time in <c>|do you know what time it is in <c>|"
        "how late is it in <c>|is it {night|morning|late|early} in <c>|what time is it now in <c>|which time do they have in <c>|can you tell me the time in <c>}{?|?|}", c=where,
    )  # fmt: skip
    time = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
    if rng.random() < 0.2:  # the time here
        made = tool(made["name"], _pick(rng, "The time now|Current time|What time it is"))
        user = phrase(rng, exam, "{what time is it|what is the time|what's the time|tell me the time|how late is it|do you know the time|what time is it now|can you tell me the time|time, please}{?|?|}")
        return made, user, {}, rng.choice((time, json.dumps({"time": time}), json.dumps({"time": time}, separators=(",", ":")))), f"It is {time}.", time
    result = rng.choice((time, json.dumps({"time": time}), json.dumps({place: where, "time": time}), json.dumps({"local_time": time})))
    return made, user, {place: where}, result, f"It is {time} in {where}.", time


def search(rng: Random, exam: bool) -> Use:
    key = _pick(rng, "query|query|q|text|question|keywords")
    made = tool(
        _pick(rng, "search|web_search|search_web|search|find|lookup|internet_search|search_docs"),
        _pick(rng, "Search the web|Search the internet|Find pages about something|Look something up|Searches for a text"), **{key: "string"},
    )  # fmt: skip
    kind = rng.random()
    if kind < 0.5:
        person = person_name(rng, exam) + " " + made_up(rng, 2).capitalize()
        query, role, where = person, _pick(rng, "|".join(JOBS)), city(rng, exam)
        user = phrase(rng, exam, "{search for <q>|look up <q>|find <q>|search the web for <q>|please search for <q>|google <q>|find out about <q>|can you look up <q>|search: <q>|find information about <q>|find something about <q>}{.||?}", q=query)
        fact = f"{person} is a {role} from {where}."
    else:
        query = rng.choice((f"{thing(rng, exam)} {rng.choice(('museum', 'recipe', 'festival', 'price', 'river', 'song', 'team', 'hotel'))}", f"{made_up(rng, 2).capitalize()} {rng.choice(('castle', 'bridge', 'island', 'tower', 'lake'))}"))
        user = phrase(rng, exam, "{search for <q>|look up <q>|find <q>|search the web for <q>|please search for <q>|google <q>|find out about <q>|can you look up <q>|search: <q>|find information about <q>|find something about <q>}{.||?}", q=query)
        fact = rng.choice((f"The {query} is in {city(rng, exam)}.", f"The {query} is {number(rng, 2, 900, exam)} years old.", f"The {query} costs {number(rng, 2, 90, exam)} euros."))
    result = rng.choice((fact, json.dumps({"result": fact}), json.dumps({"results": [fact]}), json.dumps([{"title": query, "text": fact}])))
    return made, user, {key: query}, result, fact, fact.replace(".", r"\.")


def message(rng: Random, exam: bool) -> Use:
    who, what = person_name(rng, exam), expand(rng, "{I am late|see you at <n>|happy birthday|call me|the <t> is here|I have the <t>|come home|meet me in <c>|bring the <t>|I will be there at <n>}", n=rng.randint(1, 12), t=thing(rng, exam), c=city(rng, exam))
    to, text = _pick(rng, "to|to|recipient|name"), _pick(rng, "text|message|body|content")
    made = tool(_pick(rng, "send_message|send_email|send_text|message|send_sms|send_mail"), _pick(rng, "Send a message to somebody|Sends a text|Send an email|Write to a contact"), **{to: "string", text: "string"})
    user = phrase(rng, exam, "{send {a message|an email|a text|a mail} to <w>: <m>|write to <w>: <m>|tell <w>: <m>|message <w>: <m>|send <w> the message: <m>|please write to <w>: <m>|text <w>: <m>}", w=who, m=what)
    result = rng.choice(("sent", "ok", json.dumps({"status": "sent"}), json.dumps({"ok": True})))
    return made, user, {to: who, text: what}, result, f"Done. I sent it to {who}.", who


def timer(rng: Random, exam: bool) -> Use:
    n = number(rng, 1, 90, exam)
    key, one = rng.choice((("minutes", "minute"), ("seconds", "second"), ("minutes", "minute")))
    made = tool(_pick(rng, "set_timer|timer|start_timer|set_alarm|countdown"), _pick(rng, "Start a timer|Sets a timer|Rings after a while"), **{key: "integer"})
    user = phrase(rng, exam, "{set a timer for <n> <k>|start a timer of <n> <k>|timer for <n> <k>|wake me in <n> <k>|remind me in <n> <k>|ring in <n> <k>|please set a timer for <n> <k>|can you set a <n> <o> timer}{.||, please}", n=n, k=key if n != 1 else one, o=one)
    return made, user, {key: n}, rng.choice(("ok", json.dumps({"status": "started"}), json.dumps({"ok": True}))), f"The timer is set for {n} {key if n != 1 else one}.", rf"\b{n} {one}"


def stock(rng: Random, exam: bool) -> Use:
    name = made_up(rng, 2).capitalize()
    key = _pick(rng, "company|symbol|name|stock")
    made = tool(_pick(rng, "get_stock_price|stock_price|get_price|quote"), _pick(rng, "The price of a share|Get the stock price of a company|Current share price"), **{key: "string"})
    user = phrase(rng, exam, "{what is the {share|stock} price of <c>|how much is <c> stock|price of <c> {shares|stock}|what does a share of <c> cost|tell me the stock price of <c>|how much is a share of <c>}{?|?|}", c=name)
    price = rng.randint(2, 900)
    return made, user, {key: name}, rng.choice((str(price), json.dumps({"price": price}), json.dumps({key: name, "price": price}))), f"A share of {name} costs {price}.", rf"\b{price}\b"


def exchange(rng: Random, exam: bool) -> Use:
    n, (a, b) = number(rng, 2, 900, exam), rng.sample(("euros", "dollars", "pounds", "yen", "francs", "rupees"), 2)
    source, target = rng.choice((("from", "to"), ("source", "target"), ("from_currency", "to_currency")))
    made = tool(_pick(rng, "convert_currency|exchange|convert_money|currency"), _pick(rng, "Convert money|Change one currency to another|Exchange rates"), **{"amount": "number", source: "string", target: "string"})
    user = phrase(rng, exam, "{convert <n> <a> to <b>|how much is <n> <a> in <b>|change <n> <a> into <b>|what is <n> <a> in <b>|how many <b> are <n> <a>|turn <n> <a> into <b>|<n> <a> in <b>}{?|}", n=n, a=a, b=b)
    value = rng.randint(2, 2000)
    return made, user, {"amount": n, source: a, target: b}, rng.choice((str(value), json.dumps({"result": value}), json.dumps({"amount": value}))), f"{n} {a} are {value} {b}.", rf"{value} {b}"


def translate(rng: Random, exam: bool) -> Use:
    word, language = thing(rng, exam), _pick(rng, "French|German|Spanish|Italian|Polish|Greek|Japanese|Dutch")
    text, target = _pick(rng, "text|word|phrase"), _pick(rng, "language|target|to")
    made = tool(_pick(rng, "translate|translate_text|translator"), _pick(rng, "Translate a text|Translates into a language"), **{text: "string", target: "string"})
    user = phrase(rng, exam, "{translate <w> {to|into} <l>|what is <w> in <l>|how do you say <w> in <l>|say <w> in <l>|what does <w> mean in <l>|<w> in <l>, please|please translate <w> into <l>}{?|}", w=word, l=language)
    out = made_up(rng, 2)
    return made, user, {text: word, target: language}, rng.choice((out, json.dumps({"translation": out}), json.dumps({"result": out}))), f"In {language}, {word} is {out}.", out


def book(rng: Random, exam: bool) -> Use:
    n, where = rng.randint(2, 12), made_up(rng, 2).capitalize()
    place, people = _pick(rng, "restaurant|name|place"), _pick(rng, "people|guests|seats|persons")
    made = tool(_pick(rng, "book_table|reserve_table|make_reservation|book"), _pick(rng, "Book a table|Reserve seats in a restaurant"), **{place: "string", people: "integer"})
    user = phrase(rng, exam, "{book a table for <n> at <w>|reserve a table for <n> {people |}at <w>|I want a table for <n> at <w>|make a reservation at <w> for <n>|a table for <n> at <w>, please|please book <w> for <n> people|table for <n> at <w>}{.||}", n=n, w=where)
    return made, user, {place: where, people: n}, rng.choice(("booked", json.dumps({"status": "booked"}), json.dumps({"confirmed": True}))), f"Your table for {n} at {where} is booked.", where


def music(rng: Random, exam: bool) -> Use:
    song = " ".join(made_up(rng, 1).capitalize() if rng.random() < 0.4 else thing(rng, exam).capitalize() for _ in range(rng.randint(1, 2)))
    key = _pick(rng, "song|title|track|name")
    made = tool(_pick(rng, "play_music|play_song|play|player"), _pick(rng, "Play a song|Plays music"), **{key: "string"})
    user = phrase(rng, exam, "{play <s>|please play <s>|I want to hear <s>|put on <s>|play the song <s>|can you play <s>|start the song <s>}{.||, please}", s=song)
    return made, user, {key: song}, rng.choice(("playing", json.dumps({"status": "playing"}), "ok")), f"I am playing {song}.", song


def lights(rng: Random, exam: bool) -> Use:
    room, state = _pick(rng, "kitchen|bedroom|garden|hall|garage|office|bathroom|cellar"), _pick(rng, "on|off")
    key = _pick(rng, "state|power|value")
    made = tool(_pick(rng, "set_light|switch_light|light|lights"), _pick(rng, "Switch a light|Turns the lights on or off"), **{"room": "string", key: ["on", "off"]})
    user = phrase(rng, exam, "{turn <s> the light in the <r>|turn <s> the <r> light|switch <s> the light in the <r>|<r> light <s>|lights <s> in the <r>|put the light in the <r> <s>|please turn the <r> light <s>}{.||}", s=state, r=room)
    return made, user, {"room": room, key: state}, rng.choice(("ok", json.dumps({"ok": True}), json.dumps({"status": state}))), f"The light in the {room} is {state}.", rf"{room} is {state}"


_VERBS = "get|find|make|set|open|check|list|add|move|start|order|count|show|load|read|mix|sort".split("|")


def invented(rng: Random, exam: bool) -> Use:
    """A tool nobody knows, asked for by name with its arguments."""
    noun = thing(rng, exam)
    name = rng.choice((f"{rng.choice(_VERBS)}_{noun}", f"{noun}_{thing(rng, exam)}", noun))
    keys: list[str] = []
    while len(keys) < rng.choice((1, 2, 2, 3)):
        key = rng.choice((_pick(rng, "name|size|color|id|count|title|date|level|kind|text|price|owner|email|speed"), thing(rng, exam)))
        if key not in keys:
            keys.append(key)
    kinds: dict[str, object] = {}
    args: Args = {}
    for key in keys:
        kinds[key] = rng.choice(("string", "string", "integer", "number"))
        args[key] = rng.choice((full_name(rng, exam), thing(rng, exam), city(rng, exam), rng.choice(COLORS))) if kinds[key] == "string" else number(rng, 0, rng.choice((20, 99, 999)), exam)
        if kinds[key] == "number" and rng.random() < 0.3:
            args[key] = rng.randint(1, 999) / 10
    made = tool(name, expand(rng, "{<v> a <n>|<v> the <n>|works on a <n>||tool for the <n>}", v=rng.choice(_VERBS), n=noun), **kinds)
    form = rng.random()
    listed = (", " if form < 0.5 else " and ").join(f"{key} {value}" if form < 0.4 else f"{key} = {value}" if form < 0.6 else f"{key}: {value}" if form < 0.7 else f"the {key} {value}" for key, value in args.items())
    user = phrase(rng, exam, "{use <t> with <l>|call <t> with <l>|run <t> with <l>|<t> with <l>, please|please use <t> with <l>|I need <t>: <l>|do <t> with <l>}{.||}", t=rng.choice((name, name, name.replace("_", " "))), l=listed)
    done = rng.choice((thing(rng, exam), str(rng.randint(0, 99))))
    return made, user, args, rng.choice((done, json.dumps({"result": done}))), f"The result is {done}.", rf"\b{done}\b"


FAMILIES: list[tuple[float, Callable[[Random, bool], Use]]] = [
    (4, weather), (3, calculator), (2.5, clock), (2.5, search), (1, message), (0.8, timer), (0.6, stock), (0.8, exchange),
    (0.8, translate), (0.6, book), (0.6, music), (0.6, lights), (2.5, invented),
]  # fmt: skip
CORE = [weather, calculator, clock, search]


def _family(rng: Random) -> Callable[[Random, bool], Use]:
    return rng.choices([make for _, make in FAMILIES], [weight for weight, _ in FAMILIES])[0]


def offered(rng: Random, exam: bool, wanted: list[dict], used: list[Callable], others: int) -> tuple[dict, ...]:
    """The wanted tools among others of other families, in any order."""
    out, taken = list(wanted), list(used)
    while others > 0:
        family = rng.choice((_family(rng), rng.choice(CORE)))
        if family not in taken or family is invented:
            made = family(rng, exam)[0]
            if made["name"] not in [one["name"] for one in out]:
                out.append(made)
                taken.append(family)
        others -= 1
    rng.shuffle(out)
    return tuple(out)


def _how_many(rng: Random) -> int:
    return rng.choice((0, 0, 1, 1, 2, 2, 3, 3, 4, rng.randint(4, 9)))


def call(rng: Random, exam: bool = False, family: Callable | None = None) -> list[Turn]:
    """A question, the call, its result, the answer; now and then a second question to the same tools."""
    family = family or _family(rng)
    made, user, args, result, answer, accept = family(rng, exam)
    used, wanted, uses = [family], [made], [(made, user, args, result, answer, accept)]
    if rng.random() < 0.25:
        other = _family(rng)
        if other not in used and (use := other(rng, exam))[0]["name"] != made["name"]:
            used.append(other), wanted.append(use[0]), uses.append(use)
    tools = offered(rng, exam, wanted, used, _how_many(rng))
    turns: list[Turn] = []
    for made, user, args, result, answer, accept in uses:
        turns.append(Turn(user, "", key=EXACT, calls=((made["name"], args),), tools=tools))
        if rng.random() < 0.06:
            reason = expand(rng, "{not found|no network|timeout|unknown place|try later|wrong input}").lower()
            turns.append(Turn(json.dumps({"error": reason}), f"Sorry, that did not work: {reason}.", key=EXACT, role="tool"))
        else:
            turns.append(Turn(result, answer, accept, EXACT, role="tool"))
    return turns


def two_calls(rng: Random, exam: bool = False) -> list[Turn]:
    """One question that needs the same tool twice."""
    family, forms = rng.choice((
        (weather, "{what is the weather in <a> and <b>|weather in <a> and in <b>|how is the weather in <a> and <b>|compare the weather in <a> and <b>}{?|}"),
        (clock, "{what time is it in <a> and <b>|tell me the time in <a> and in <b>|what is the time in <a> and <b>}{?|}"),
    ))  # fmt: skip
    made, _, args, _, _, _ = family(rng, exam)
    place = next(iter(args), "city")
    a, b = city(rng, exam), city(rng, exam)
    made = tool(made["name"], made["description"], **{place: "string"})
    calls = tuple((made["name"], {place: where}) for where in (a, b))
    return [Turn(phrase(rng, exam, forms, a=a, b=b), "", key=EXACT, calls=calls, tools=offered(rng, exam, [made], [family], _how_many(rng)))]


def no_tool(rng: Random, exam: bool = False) -> list[Turn]:
    """A question for a tool that is not among those offered."""
    family = rng.choice([f for _, f in FAMILIES if f not in (invented, calculator)])
    _, user, *_ = family(rng, exam)
    tools = offered(rng, exam, [], [family], rng.choice((1, 2, 2, 3)))
    if not tools:
        tools = (calculator(rng, exam)[0],)
    return [Turn(user, "I have no tool for that.", "no tool", EXACT, tools=tools)]


def chatting(rng: Random, exam: bool, small_talk: Callable[[Random], list[Turn]]) -> list[Turn]:
    """Small talk while tools are offered: none is called."""
    tools = offered(rng, exam, [], [], rng.choice((1, 2, 3, 4))) or (weather(rng, exam)[0],)
    turns = small_talk(rng)
    return [Turn(t.user, t.reply, t.accept, t.key or ALWAYS_TRAIN, tools=tools) for t in turns]
