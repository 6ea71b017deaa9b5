"""Units and dates: conversions by tens, hundreds, sixties; days, months, leap years, ways to write a date."""
from random import Random

from corpus.facts import DAYS, MONTHS
from corpus.grammar import Turn, phrase
from corpus.splits import ALWAYS_TRAIN, EXACT, held_out_key

# one of the first = factor of the second; the largest count asked
UNITS = [
    ("metre|meter", "centimetre|centimeter", 100, 99), ("kilometre|kilometer", "metre|meter", 1000, 99), ("kilogram|kilogram", "gram|gram", 1000, 99),
    ("litre|liter", "millilitre|milliliter", 1000, 99), ("centimetre|centimeter", "millimetre|millimeter", 10, 99), ("euro|dollar", "cent|cent", 100, 99),
    ("hour|hour", "minute|minute", 60, 12), ("minute|minute", "second|second", 60, 12), ("day|day", "hour|hour", 24, 7), ("week|week", "day|day", 7, 12),
    ("year|year", "month|month", 12, 10), ("foot|foot", "inch|inch", 12, 10), ("dozen|dozen", "piece|egg", 12, 10), ("century|century", "year|year", 100, 30),
    ("ton|tonne", "kilogram|kilogram", 1000, 99), ("decade|decade", "year|year", 10, 30),
]  # fmt: skip
_SHORT = {"metre": "m", "meter": "m", "centimetre": "cm", "centimeter": "cm", "kilometre": "km", "kilometer": "km", "kilogram": "kg", "gram": "g",
          "litre": "l", "liter": "l", "millilitre": "ml", "milliliter": "ml", "millimetre": "mm", "millimeter": "mm"}  # fmt: skip
_MANY = {"foot": "feet", "inch": "inches", "century": "centuries", "dozen": "dozen"}
DAYS_OF = dict(zip(MONTHS, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)))


def _many(unit: str, count: int) -> str:
    return unit if count == 1 else _MANY.get(unit, unit + "s")


def conversion(rng: Random, exam: bool = False) -> list[Turn]:
    while True:
        big, small, factor, most = rng.choice(UNITS)
        style = rng.randrange(2)
        big, small, count = big.split("|")[style], small.split("|")[style], rng.randint(1, most)
        if held_out_key(f"units {big} {count}", 8) == exam:
            break
    total = count * factor
    short = big in _SHORT and small in _SHORT and rng.random() < 0.3
    one, other = (_SHORT[big], _SHORT[small]) if short else (_many(big, count), _many(small, total))
    if rng.random() < 0.65:
        user = phrase(rng, exam, "{how many <o> are {there |}in <n> <b>|<n> <b> in <o>|how many <o> {is|are} <n> <b>|convert <n> <b> {to|into} <o>|what is <n> <b> in <o>|<n> <b> are how many <o>|how many <o> do <n> <b> have|change <n> <b> to <o>|turn <n> <b> into <o>|give me <n> <b> in <o>|how much is <n> <b> in <o>|express <n> <b> in <o>|I have <n> <b>, how many <o> is that|say <n> <b> in <o>|write <n> <b> as <o>}{?|}", n=count, b=one, o=_SHORT[small] if short else _many(small, 2))
        return [Turn(user, f"{count} {one} = {total} {other}.", rf"= {total}\b", EXACT)]
    user = phrase(rng, exam, "{how many <b> are {there |}in <n> <o>|<n> <o> in <b>|how many <b> {is|are} <n> <o>|convert <n> <o> {to|into} <b>|what is <n> <o> in <b>|<n> <o> are how many <b>|how many <b> do <n> <o> have|change <n> <o> to <b>|turn <n> <o> into <b>|give me <n> <o> in <b>|how much is <n> <o> in <b>|express <n> <o> in <b>|I have <n> <o>, how many <b> is that|say <n> <o> in <b>|write <n> <o> as <b>}{?|}", n=total, b=_SHORT[big] if short else _many(big, 2), o=other)
    return [Turn(user, f"{total} {other} = {count} {one}.", rf"= {count}\b", EXACT)]


def longer(rng: Random, exam: bool = False) -> list[Turn]:
    big, small, factor, adjective, opposite = rng.choice((("km", "m", 1000, "longer", "shorter"), ("m", "cm", 100, "longer", "shorter"), ("kg", "g", 1000, "heavier", "lighter"), ("hours", "minutes", 60, "longer", "shorter"), ("weeks", "days", 7, "longer", "shorter")))
    while True:
        a, b = rng.randint(2, 9), rng.randint(2, 12 * factor) if factor < 100 else rng.randint(1, 99) * (factor // 10)
        if a * factor != b and held_out_key(f"longer {a} {b} {big}", 8) == exam:
            break
    word = rng.choice((adjective, opposite))
    more = a * factor > b
    right = f"{a} {big}" if more == (word == adjective) else f"{b} {small}"
    one, two = (f"{a} {big}", f"{b} {small}") if rng.random() < 0.5 else (f"{b} {small}", f"{a} {big}")
    user = phrase(rng, exam, "{what is|which is|what's|tell me what is|which one is|say what is|do you know what is|which of these is|can you tell me what is|find out what is} <w>{,|:|} <a> or <b>{?|}", w=word, a=one, b=two)
    return [Turn(user, f"{right} is {word}.", rf"^{right} ", EXACT)]


def days(rng: Random, exam: bool = False) -> list[Turn]:
    kind = rng.randrange(6)
    while True:
        day, n = rng.randrange(7), rng.randint(1, 6)
        if held_out_key(f"days {day} {n}", 10) == exam:
            break
    if kind == 0:
        user = phrase(rng, exam, "{what day {is|comes} <n> days after <d>|which day is <n> days after <d>|<n> days after <d> is what day|if today is <d>, what day is it in <n> days|today is <d>. What day is it in <n> days|it is <d> today, what day will it be in <n> days|<d> plus <n> days|name the day <n> days after <d>|tell me the day <n> days after <d>|what weekday comes <n> days after <d>|start on <d> and go <n> days on, which day is it|in <n> days after <d> it is what day}{?|?}", n=n, d=DAYS[day]).replace(" 1 days", " 1 day")
        return [Turn(user, f"{DAYS[(day + n) % 7]}.", rf"\b{DAYS[(day + n) % 7]}\b", EXACT)]
    if kind == 1:
        user = phrase(rng, exam, "{what day {is|comes|was} <n> days before <d>|which day is <n> days before <d>|<n> days before <d> is what day|if today is <d>, what day was it <n> days ago|today is <d>. What day was it <n> days ago|it is <d> today, what day was it <n> days ago|<d> minus <n> days|name the day <n> days before <d>|tell me the day <n> days before <d>|what weekday was <n> days before <d>|start on <d> and go <n> days back, which day is it}{?|?}", n=n, d=DAYS[day]).replace(" 1 days", " 1 day")
        return [Turn(user, f"{DAYS[(day - n) % 7]}.", rf"\b{DAYS[(day - n) % 7]}\b", EXACT)]
    if kind == 2:
        month = rng.choice(MONTHS)
        user = phrase(rng, exam, "{how many days {does <m> have|are in <m>|has <m>}|how long is <m>|number of days in <m>|days in <m>|tell me how many days <m> has|what is the length of <m> in days|the days of <m>, how many are there|count the days of <m>|how many days are there in <m>}{?|}", m=month)
        return [Turn(user, f"{month} has {DAYS_OF[month]} days.", rf"\b{DAYS_OF[month]} days", ALWAYS_TRAIN)]
    while True:
        month, first, plus = rng.choice(MONTHS), rng.randint(1, 27), rng.randint(1, 12)
        if first + plus <= DAYS_OF[month] and held_out_key(f"date {month} {first} {plus}", 10) == exam:
            break
    if kind == 3:
        user = phrase(rng, exam, "{what {date |}is <n> days after <d> <m>|which date is <n> days after <d> <m>|<d> <m> plus <n> days|today is <d> <m>. What date is it in <n> days|what is the date <n> days after <m> <d>|it is <d> <m>, which date is it in <n> days|go <n> days on from <d> <m>|add <n> days to <d> <m>|tell me the date <n> days after <d> <m>|<n> days after <d> <m> is which date}{?|}", n=plus, d=first, m=month).replace(" 1 days", " 1 day")
        return [Turn(user, f"{first + plus} {month}.", rf"\b{first + plus} {month}", EXACT)]
    year, number = rng.randint(1900, 2060), MONTHS.index(month) + 1
    if kind == 4:
        if rng.random() < 0.5:
            user = phrase(rng, exam, "{{write|give me|put|say} {the date |}<i> {in words|with the name of the month|as words}|what {date|day} is <i>|how do you read <i>|read the date <i>|<i> in words|<i> with the month as a word|which date is meant by <i>|tell me the date <i> in words|spell out the date <i>|how do I say <i>|write out <i>}", i=f"{year}-{number:02}-{first:02}")
            return [Turn(user, f"{first} {month} {year}.", rf"{first} {month} {year}", EXACT)]
        user = phrase(rng, exam, "{{write|put|give me|convert} <d> {in|as|to} {ISO form|an ISO date|the form YYYY-MM-DD|YYYY-MM-DD|ISO format}|<d> as YYYY-MM-DD|<d> in ISO form|ISO date of <d>|what is <d> in ISO form|change <d> to YYYY-MM-DD|how do I write <d> as an ISO date|the date <d> in numbers, year first}", d=rng.choice((f"{first} {month} {year}", f"{month} {first}, {year}")))
        return [Turn(user, f"{year}-{number:02}-{first:02}", key=EXACT)]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    user = phrase(rng, exam, "{is <y> a leap year|was <y> a leap year|does <y> have 366 days|tell me if <y> is a leap year|leap year or not: <y>|did <y> have a 29 February|is there a 29 February in <y>|was there a leap year in <y>|check if <y> is a leap year}{?|}", y=year)
    return [Turn(user, f"{'Yes' if leap else 'No'}, {year} is {'a' if leap else 'not a'} leap year.", "^yes" if leap else "^no", EXACT)]
