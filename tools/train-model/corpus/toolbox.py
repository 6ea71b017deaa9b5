"""The tools a chat may offer, each with a question for it, its arguments, what it gives back, and the answer made of that.

A tool is OpenAI's function object: name, description, parameters (JSON Schema). Names and parameters vary, and some are
made up, so that the model has to read them.
"""
import json
from random import Random

from corpus.arithmetic import NUMBER_WORDS
from corpus.grammar import expand, phrase
from corpus.lists import COLORS, FOODS, JOBS, city, made_up, number, person_name, thing

Args = dict[str, object]
Use = tuple[dict, str, Args, str, str, str]  # tool, question, arguments, result, answer, what the answer must hold


def tool(name: str, description: str, /, **parameters: object) -> dict:
    """A parameter is a JSON type's name, or a list of the values it may have."""
    properties = {key: {"type": "string", "enum": kind} if isinstance(kind, list) else {"type": kind} for key, kind in parameters.items()}
    return {"name": name, "description": description, "parameters": {"type": "object", "properties": properties, "required": list(parameters)}}


def pick(rng: Random, text: str) -> str:
    return rng.choice(text.split("|"))


def _place(rng: Random) -> str:
    return pick(rng, "city|city|location|location|place|town")


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
        pick(rng, "get_weather|get_weather|weather|get_current_weather|current_weather|weather_lookup|fetch_weather|getWeather"),
        pick(rng, "Get the weather of a city|The weather in a place|Current weather|Get current temperature for a given location.|Tells the weather|Get the current weather in a given location|"),
        **{place: "string"}, **extra,
    )  # fmt: skip
    if rng.random() < 0.15 and not extra:
        made = tool(made["name"], made["description"], **{place: "string"}, unit=["celsius", "fahrenheit"])
        made["parameters"]["required"] = [place]
    user = phrase(
        rng, exam,
        "{what is the weather {like |}in <c><u>|what's the weather {like |}in <c><u>|how is the weather in <c><u>|how's the weather in <c><u>|weather in <c><u>|tell me the weather in <c><u>|"
        "is it {cold|warm|hot|raining|sunny|snowing} in <c><u>|how {warm|cold|hot} is it in <c><u>|what is the temperature in <c><u>|do I need {an umbrella|a coat} in <c><u>|"
        "I am going to <c>, how is the weather there<u>|will it rain in <c><u>|give me the weather for <c><u>|what is it like outside in <c><u>|is the sun shining in <c><u>|show me the weather of <c><u>|weather report for <c><u>|the weather in <c><u>, please|"
        "what are the temperatures in <c><u>|how many degrees are there in <c><u>|should I take {a jacket|an umbrella} to <c><u>|are there clouds over <c><u>|I would like to know the weather in <c><u>|check the weather in <c><u>|{forecast|temperature} for <c><u>|what weather do they have in <c><u>|how {windy|dry|wet|foggy} is <c><u>}{?|?|?| today?| now?| right now?|}",
        c=where, u=unit,
    )  # fmt: skip
    degrees = rng.randint(-9, 38)
    sky = pick(rng, "sunny|cloudy|rainy|windy|foggy|clear|snowy|stormy|warm and dry|partly cloudy")
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
    key = pick(rng, "expression|expression|expr|formula|input")
    args: Args = {key: f"{a} {op} {b}"}
    made = tool(
        pick(rng, "calculator|calculate|calculator|compute|evaluate|math|calc"),
        pick(rng, "Work out an expression|Evaluate a mathematical expression|A calculator|Do arithmetic|Calculates|Evaluates an arithmetic expression"), **{key: "string"},
    )  # fmt: skip
    user = phrase(
        rng, exam, "{what is <a> <w> <b>|calculate <a> <w> <b>|how much is <a> <w> <b>|compute <a> <w> <b>|work out <a> <w> <b>|<a> <w> <b>|please calculate <a> <w> <b>|what's <a> <w> <b>|can you tell me <a> <w> <b>|I need <a> <w> <b>|what do I get for <a> <w> <b>|give me the result of <a> <w> <b>|what does <a> <w> <b> make|find <a> <w> <b>|the value of <a> <w> <b>|<a> <w> <b> is what|tell me <a> <w> <b>|use the calculator: <a> <w> <b>}{?||.}",
        a=a, b=b, w=pick(rng, words),
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
    place, where = pick(rng, "city|city|timezone|location|place"), city(rng, exam)
    made = tool(
        pick(rng, "get_time|get_time|current_time|clock|get_current_time|time_in|local_time|world_clock"),
        pick(rng, "The time in a city|Get the current time|Get the current time in a place|Tells the local time|What time it is somewhere"), **{place: "string"},
    )  # fmt: skip
    user = phrase(
        rng, exam, "{what time is it in <c>|what is the time in <c>|what's the time in <c>|tell me the time in <c>|current time in <c>|time in <c>|do you know what time it is in <c>|"
        "how late is it in <c>|is it {night|morning|late|early} in <c>|what time is it now in <c>|which time do they have in <c>|can you tell me the time in <c>|the time in <c>, please|what does the clock say in <c>|I need the time in <c>|check the time in <c>|what hour is it in <c>|give me the local time of <c>|is it already {evening|noon|midnight} in <c>|what's the current time in <c>|show me the clock of <c>}{?|?|}", c=where,
    )  # fmt: skip
    time = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
    if rng.random() < 0.2:  # the time here
        made = tool(made["name"], pick(rng, "The time now|Current time|What time it is"))
        user = phrase(rng, exam, "{what time is it|what is the time|what's the time|tell me the time|how late is it|do you know the time|what time is it now|can you tell me the time|time, please}{?|?|}")
        return made, user, {}, rng.choice((time, json.dumps({"time": time}), json.dumps({"time": time}, separators=(",", ":")))), f"It is {time}.", time
    result = rng.choice((time, json.dumps({"time": time}), json.dumps({place: where, "time": time}), json.dumps({"local_time": time})))
    return made, user, {place: where}, result, f"It is {time} in {where}.", time


_SEARCH = (
    "{search for <q>|look up <q>|find <q>|search the web for <q>|please search for <q>|google <q>|find out about <q>|can you look up <q>|search: <q>|find information about <q>|find something about <q>|"
    "what can you find about <q>|search the internet for <q>|do a search for <q>|look for <q>|I want to know about <q>|what does the web say about <q>|query: <q>|see what there is about <q>|get me information on <q>|could you search for <q>|look <q> up}{.||?}"
)


def search(rng: Random, exam: bool) -> Use:
    key = pick(rng, "query|query|q|text|question|keywords")
    made = tool(
        pick(rng, "search|web_search|search_web|search|find|lookup|internet_search|search_docs"),
        pick(rng, "Search the web|Search the internet|Find pages about something|Look something up|Searches for a text"), **{key: "string"},
    )  # fmt: skip
    kind = rng.random()
    if kind < 0.5:
        person = person_name(rng, exam) + " " + made_up(rng, 2).capitalize()
        query, role, where = person, pick(rng, "|".join(JOBS)), city(rng, exam)
        user = phrase(rng, exam, _SEARCH, q=query)
        fact = f"{person} is a {role} from {where}."
    else:
        query = rng.choice((f"{thing(rng, exam)} {rng.choice(('museum', 'recipe', 'festival', 'price', 'river', 'song', 'team', 'hotel'))}", f"{made_up(rng, 2).capitalize()} {rng.choice(('castle', 'bridge', 'island', 'tower', 'lake'))}"))
        user = phrase(rng, exam, _SEARCH, q=query)
        fact = rng.choice((f"The {query} is in {city(rng, exam)}.", f"The {query} is {number(rng, 2, 900, exam)} years old.", f"The {query} costs {number(rng, 2, 90, exam)} euros."))
    result = rng.choice((fact, json.dumps({"result": fact}), json.dumps({"results": [fact]}), json.dumps([{"title": query, "text": fact}])))
    return made, user, {key: query}, result, fact, fact.replace(".", r"\.")


def message(rng: Random, exam: bool) -> Use:
    who, what = person_name(rng, exam), expand(rng, "{I am late|see you at <n>|happy birthday|call me|the <t> is here|I have the <t>|come home|meet me in <c>|bring the <t>|I will be there at <n>}", n=rng.randint(1, 12), t=thing(rng, exam), c=city(rng, exam))
    to, text = pick(rng, "to|to|recipient|name"), pick(rng, "text|message|body|content")
    made = tool(pick(rng, "send_message|send_email|send_text|message|send_sms|send_mail"), pick(rng, "Send a message to somebody|Sends a text|Send an email|Write to a contact"), **{to: "string", text: "string"})
    user = phrase(rng, exam, "{send {a message|an email|a text|a mail} to <w>: <m>|write to <w>: <m>|tell <w>: <m>|tell <w> that <m>|write to <w> that <m>|let <w> know that <m>|message <w>: <m>|send <w> the message: <m>|please write to <w>: <m>|text <w>: <m>|let <w> know: <m>|send this to <w>: <m>|can you tell <w>: <m>|a message for <w>: <m>|pass this on to <w>: <m>|drop <w> a line: <m>|inform <w>: <m>|mail <w>: <m>}", w=who, m=what)
    result = rng.choice(("sent", "ok", json.dumps({"status": "sent"}), json.dumps({"ok": True})))
    return made, user, {to: who, text: what}, result, f"Done. I sent it to {who}.", who


def timer(rng: Random, exam: bool) -> Use:
    n = number(rng, 1, 90, exam)
    key, one = rng.choice((("minutes", "minute"), ("seconds", "second"), ("minutes", "minute")))
    made = tool(pick(rng, "set_timer|timer|start_timer|set_alarm|countdown"), pick(rng, "Start a timer|Sets a timer|Rings after a while"), **{key: "integer"})
    told = NUMBER_WORDS[n] if n <= 10 and rng.random() < 0.4 else n
    user = phrase(rng, exam, "{set a timer for <n> <k>|start a timer of <n> <k>|timer for <n> <k>|wake me in <n> <k>|remind me in <n> <k>|ring in <n> <k>|please set a timer for <n> <k>|can you set a <n> <o> timer|I need a timer of <n> <k>|<n> <k>, then ring|count down <n> <k>|wait <n> <k> and ring|start the timer: <n> <k>|let it ring in <n> <k>|a <n> <o> timer|put the timer on <n> <k>}{.||, please}", n=told, k=key if n != 1 else one, o=one)
    return made, user, {key: n}, rng.choice(("ok", json.dumps({"status": "started"}), json.dumps({"ok": True}))), f"The timer is set for {n} {key if n != 1 else one}.", rf"\b{n} {one}"


def stock(rng: Random, exam: bool) -> Use:
    name = made_up(rng, 2).capitalize()
    key = pick(rng, "company|symbol|name|stock")
    made = tool(pick(rng, "get_stock_price|stock_price|get_price|quote"), pick(rng, "The price of a share|Get the stock price of a company|Current share price"), **{key: "string"})
    user = phrase(rng, exam, "{what is the {share|stock} price of <c>|how much is <c> stock|price of <c> {shares|stock}|what does a share of <c> cost|tell me the stock price of <c>|how much is a share of <c>|what are <c> shares worth|how is the stock of <c> doing|share price of <c>|quote for <c>|give me the price of <c> stock|at what price does <c> trade|how much do <c> shares cost|check the stock of <c>|what is <c> trading at|current price of <c> stock|I want to know what <c> shares cost|stock price: <c>}{?|?|}", c=name)
    price = rng.randint(2, 900)
    return made, user, {key: name}, rng.choice((str(price), json.dumps({"price": price}), json.dumps({key: name, "price": price}))), f"A share of {name} costs {price}.", rf"\b{price}\b"


def exchange(rng: Random, exam: bool) -> Use:
    n, (a, b) = number(rng, 2, 900, exam), rng.sample(("euros", "dollars", "pounds", "yen", "francs", "rupees"), 2)
    source, target = rng.choice((("from", "to"), ("source", "target"), ("from_currency", "to_currency")))
    made = tool(pick(rng, "convert_currency|exchange|convert_money|currency"), pick(rng, "Convert money|Change one currency to another|Exchange rates"), **{"amount": "number", source: "string", target: "string"})
    user = phrase(rng, exam, "{convert <n> <a> to <b>|how much is <n> <a> in <b>|change <n> <a> into <b>|what is <n> <a> in <b>|how many <b> are <n> <a>|turn <n> <a> into <b>|<n> <a> in <b>|I have <n> <a>, how much is that in <b>|exchange <n> <a> for <b>|what do I get in <b> for <n> <a>|give me <n> <a> in <b>|how much are <n> <a> in <b>|swap <n> <a> to <b>|the value of <n> <a> in <b>}{?|}", n=n, a=a, b=b)
    value = rng.randint(2, 2000)
    return made, user, {"amount": n, source: a, target: b}, rng.choice((str(value), json.dumps({"result": value}), json.dumps({"amount": value}))), f"{n} {a} are {value} {b}.", rf"{value} {b}"


def translate(rng: Random, exam: bool) -> Use:
    word, language = thing(rng, exam), pick(rng, "French|German|Spanish|Italian|Polish|Greek|Japanese|Dutch")
    text, target = pick(rng, "text|word|phrase"), pick(rng, "language|target|to")
    made = tool(pick(rng, "translate|translate_text|translator"), pick(rng, "Translate a text|Translates into a language"), **{text: "string", target: "string"})
    user = phrase(rng, exam, "{translate <w> {to|into} <l>|what is <w> in <l>|how do you say <w> in <l>|say <w> in <l>|what does <w> mean in <l>|<w> in <l>, please|please translate <w> into <l>|the <l> word for <w>|what's the <l> for <w>|how is <w> said in <l>|give me <w> in <l>|I need <w> in <l>|<w> translated to <l>|put <w> into <l>}{?|}", w=word, l=language)
    out = made_up(rng, 2)
    return made, user, {text: word, target: language}, rng.choice((out, json.dumps({"translation": out}), json.dumps({"result": out}))), f"In {language}, {word} is {out}.", out


def book(rng: Random, exam: bool) -> Use:
    n, where = rng.randint(2, 10), rng.choice((made_up(rng, 2).capitalize(), f"the {rng.choice(COLORS).capitalize()} {thing(rng, exam).capitalize()}"))
    place, people = pick(rng, "restaurant|name|place"), pick(rng, "people|guests|seats|persons")
    made = tool(pick(rng, "book_table|reserve_table|make_reservation|book"), pick(rng, "Book a table|Reserve seats in a restaurant"), **{place: "string", people: "integer"})
    user = phrase(rng, exam, "{book a table for <n> at <w>|reserve a table for <n> {people |}at <w>|I want a table for <n> at <w>|make a reservation at <w> for <n>|a table for <n> at <w>, please|please book <w> for <n> people|table for <n> at <w>|we are <n>, book <w>|get us a table at <w> for <n>|can I have a table for <n> at <w>|<n> people at <w>, please reserve|I would like to book <w> for <n>|reserve <w> for <n>|find a table for <n> in <w>}{.||}", n=rng.choice((n, n, NUMBER_WORDS[n])), w=where)
    return made, user, {place: where, people: n}, rng.choice(("booked", json.dumps({"status": "booked"}), json.dumps({"confirmed": True}))), f"Your table for {n} at {where} is booked.", where


def music(rng: Random, exam: bool) -> Use:
    song = " ".join(made_up(rng, 1).capitalize() if rng.random() < 0.4 else thing(rng, exam).capitalize() for _ in range(rng.randint(1, 2)))
    key = pick(rng, "song|title|track|name")
    made = tool(pick(rng, "play_music|play_song|play|player"), pick(rng, "Play a song|Plays music"), **{key: "string"})
    user = phrase(rng, exam, "{play <s>|please play <s>|I want to hear <s>|put on <s>|play the song <s>|can you play <s>|start the song <s>|let me hear <s>|I'd like to listen to <s>|put <s> on|turn on <s>|the song <s>|could you start <s>|play me <s>|play {some music|a song|something} by <s>}{.||, please}", s=song)
    return made, user, {key: song}, rng.choice(("playing", json.dumps({"status": "playing"}), "ok")), f"I am playing {song}.", song


def lights(rng: Random, exam: bool) -> Use:
    room, state = pick(rng, "kitchen|bedroom|garden|hall|garage|office|bathroom|cellar"), pick(rng, "on|off")
    key = pick(rng, "state|power|value")
    made = tool(pick(rng, "set_light|switch_light|light|lights"), pick(rng, "Switch a light|Turns the lights on or off"), **{"room": "string", key: ["on", "off"]})
    args: Args = {"room": room, key: state}
    if rng.random() < 0.3:  # yes or no
        key = pick(rng, "on|on|enabled|lit")
        made, args = tool(made["name"], made["description"], **{"room": "string", key: "boolean"}), {"room": room, key: state == "on"}
    user = phrase(rng, exam, "{turn <s> the light in the <r>|light <s> in the <r>|<r> lights <s>, please|turn <s> the <r> light|switch <s> the light in the <r>|<r> light <s>|lights <s> in the <r>|put the light in the <r> <s>|please turn the <r> light <s>|I want the <r> light <s>|switch the <r> lamp <s>|make the <r> light go <s>|can you turn <s> the light in the <r>|the light in the <r> should be <s>|<s> with the light in the <r>}{.||}", s=state, r=room)
    return made, user, args, rng.choice(("ok", json.dumps({"ok": True}), json.dumps({"status": state}))), f"The light in the {room} is {state}.", rf"{room} is {state}"


def route(rng: Random, exam: bool) -> Use:
    a, b = city(rng, exam), city(rng, exam)
    if a == b:
        return route(rng, exam)
    source, target = rng.choice((("from", "to"), ("start", "end"), ("origin", "destination")))
    made = tool(pick(rng, "get_route|route|directions|get_distance|navigate|distance"), pick(rng, "Find the way between two places|Distance of two cities|Directions by car|How far two places are apart"), **{source: "string", target: "string"})
    user = phrase(rng, exam, "{how far is it from <a> to <b>|how do I get from <a> to <b>|the way from <a> to <b>|directions from <a> to <b>|route from <a> to <b>|how long is the road from <a> to <b>|I want to drive from <a> to <b>|distance from <a> to <b>|show me the way from <a> to <b>|what is the distance between <a> and <b>|find a route from <a> to <b>}{?|?|}", a=a, b=b)
    km = rng.randint(3, 990)
    return made, user, {source: a, target: b}, rng.choice((f"{km} km", json.dumps({"km": km}), json.dumps({"distance": f"{km} km"}))), f"It is {km} km from {a} to {b}.", rf"\b{km} km"


def reminder(rng: Random, exam: bool) -> Use:
    what, when = expand(rng, "{call <n>|buy <t>|feed the <a>|bring the <t>|write to <n>|pay for the <t>|visit <n>|clean the <t>}", n=person_name(rng, exam), t=thing(rng, exam), a=thing(rng, exam)), f"{rng.randint(1, 12)}:{rng.choice(('00', '15', '30', '45'))}"
    what = what[:1].lower() + what[1:]
    text, at = pick(rng, "text|task|title|note"), pick(rng, "time|at|when")
    made = tool(pick(rng, "add_reminder|set_reminder|remind|create_reminder|add_event|add_task"), pick(rng, "Remember something for later|Sets a reminder|Add a reminder at a time|Put a task into the calendar"), **{text: "string", at: "string"})
    user = phrase(rng, exam, "{remind me at <w> to <m>|remind me to <m> at <w>|set a reminder at <w>: <m>|add a reminder for <w>: <m>|at <w> I must <m>|don't let me forget at <w> to <m>|new reminder, <w>: <m>|please remind me to <m> at <w>|put in my calendar for <w>: <m>|I have to <m> at <w>, remind me}", m=what, w=when)
    return made, user, {text: what, at: when}, rng.choice(("ok", "saved", json.dumps({"status": "saved"}), json.dumps({"ok": True}))), f"I will remind you at {when}.", when


def dictionary(rng: Random, exam: bool) -> Use:
    word, key = thing(rng, exam), pick(rng, "word|term|text")
    made = tool(pick(rng, "define|dictionary|get_definition|define_word|meaning"), pick(rng, "What a word means|Look a word up in a dictionary|Gives the meaning of a word"), **{key: "string"})
    user = phrase(rng, exam, "{define <w>|what does <w> mean|what is the meaning of <w>|the definition of <w>|look up the word <w>|what does the word <w> mean|meaning of <w>|explain the word <w>|give me a definition of <w>|definition, please: <w>|what is meant by <w>}{?|}", w=word)
    out = f"{rng.choice(('a small', 'a big', 'an old', 'a kind of'))} {rng.choice(('house', 'animal', 'tool', 'plant', 'boat', 'hat', 'song'))}"
    return made, user, {key: word}, rng.choice((out, json.dumps({"meaning": out}), json.dumps({"definition": out}))), f"The word {word} means {out}.", out


def dice(rng: Random, exam: bool) -> Use:
    low, high = rng.randint(0, 10), number(rng, 11, rng.choice((99, 999)), exam)
    a, b = rng.choice((("min", "max"), ("low", "high"), ("from", "to")))
    made = tool(pick(rng, "random_number|random|pick_number|roll"), pick(rng, "A random number between two|Picks a number by chance"), **{a: "integer", b: "integer"})
    user = phrase(rng, exam, "{pick a number between <a> and <b>|a random number from <a> to <b>|choose a number from <a> to <b>|give me any number between <a> and <b>|random number, <a> to <b>|roll a number between <a> and <b>|draw a number from <a> to <b>|I need a random number between <a> and <b>}{.||, please}", a=low, b=high)
    n = rng.randint(low, high)
    return made, user, {a: low, b: high}, rng.choice((str(n), json.dumps({"number": n}), json.dumps({"result": n}))), f"The number is {n}.", rf"\b{n}\b"


def news(rng: Random, exam: bool) -> Use:
    about = rng.choice((city(rng, exam), thing(rng, exam), made_up(rng, 2).capitalize()))
    key = pick(rng, "topic|about|subject|query")
    made = tool(pick(rng, "get_news|news|headlines|latest_news|read_news"), pick(rng, "The latest news about something|Get headlines|News of a topic"), **{key: "string"})
    user = phrase(rng, exam, "{news about <q>|what is new about <q>|any news about <q>|the latest news on <q>|tell me the news about <q>|headlines about <q>|what happened with <q>|read me the news about <q>|show news on <q>|what do the papers say about <q>|is there news about <q>}{?|}", q=about)
    fact = f"{about} {rng.choice(('opens', 'closes', 'celebrates', 'is growing', 'gets a prize', 'is in trouble'))} {rng.choice(('today', 'again', 'this week', 'in May'))}."
    return made, user, {key: about}, rng.choice((fact, json.dumps({"headline": fact}), json.dumps([fact]))), fact, fact.replace(".", r"\.")


def note(rng: Random, exam: bool) -> Use:
    items = rng.choice((thing(rng, exam), rng.choice(FOODS), f"{number(rng, 2, 20, exam)} {thing(rng, exam)}s"))
    key = pick(rng, "item|text|entry|name")
    made = tool(pick(rng, "add_to_list|add_item|shopping_list|add_note|save_note"), pick(rng, "Add something to the shopping list|Writes an entry into a list|Keep a note"), **{key: "string"})
    user = phrase(rng, exam, "{add <i> to {the|my} {list|shopping list}|put <i> on {the|my} list|write <i> on the list|note: <i>|I need <i> on my list|please add <i>|save <i> in my notes|the list needs <i>|note down <i>|keep <i> on the list|we must buy <i>, put it on the list}{.||, please}", i=items)
    return made, user, {key: items}, rng.choice(("added", "ok", json.dumps({"status": "added"}), json.dumps({"ok": True}))), f"I added {items}.", rf"added {items}"


def units(rng: Random, exam: bool) -> Use:
    n, (a, b) = number(rng, 2, 900, exam), rng.sample(rng.choice((("miles", "kilometres", "metres", "feet", "inches"), ("kilograms", "grams", "pounds", "tons"), ("litres", "gallons", "cups"))), 2)
    source, target = rng.choice((("from", "to"), ("from_unit", "to_unit"), ("unit", "target")))
    made = tool(pick(rng, "convert_units|convert|unit_converter|convert_unit"), pick(rng, "Convert units|Changes lengths and weights|Converts a measure to another unit"), **{"value": "number", source: "string", target: "string"})
    user = phrase(rng, exam, "{convert <n> <a> to <b>|how many <b> are <n> <a>|<n> <a> in <b>|what is <n> <a> in <b>|change <n> <a> into <b>|turn <n> <a> into <b>|give me <n> <a> in <b>|I have <n> <a>, what is that in <b>}{?|}", n=n, a=a, b=b)
    value = rng.randint(2, 2000)
    return made, user, {"value": n, source: a, target: b}, rng.choice((str(value), json.dumps({"result": value}), json.dumps({"value": value}))), f"{n} {a} are {value} {b}.", rf"{value} {b}"
