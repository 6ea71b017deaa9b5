"""Word lists the topics draw from, and names made of syllables, so that copying has to be learned."""
from random import Random

from corpus.splits import held_out_key

GIRLS = """Anna Maria Lily Emma Sofia Mia Nora Ella Ruby Zoe Clara Rosa Julia Alice Grace Lucy Hannah Leila Amira Yuki
Priya Ines Greta Marta Olga Elena Chloe Eva Laura Sarah Kate Jane Molly Daisy Ivy Luna Stella Tina Nina Wendy Charlotte Isabella
Amelia Margaret Elizabeth Katharina Johanna Birgit Ingrid Astrid Solveig Freya Saoirse Niamh Bridget Yvonne Chantal Brigitte Camille
Juliette Odette Francesca Giulia Chiara Lucia Carmen Dolores Pilar Ximena Valentina Beatriz Agnieszka Zofia Svetlana Natasha Ludmila
Aisha Fatima Zainab Shirin Deepika Lakshmi Ananya Sakura Haruka Mei Xiu Thandi Wanjiru Chidinma Ngozi Abigail Rebecca Rachel
Victoria Veronica Philippa Phoebe Penelope Harriet Josephine Dorothy""".split()
BOYS = """Tom Ben Max Leo Sam Jack Omar Ali Ivan Hugo Paul Peter David Daniel Felix Oscar Henry Theo Noah Liam Lucas
Mateo Diego Kenji Ravi Arjun Marco Luca Finn Otto Karl John James Mark Alex Chris Robert Simon Victor Yusuf William Charles Edward
Frederick Theodore Benjamin Alexander Sebastian Maximilian Wolfgang Heinrich Jürgen Dieter Bjorn Lars Sven Torsten Mikkel Aleksi Juhani
Pierre Jacques Antoine Philippe Laurent Giovanni Alessandro Giuseppe Lorenzo Fernando Gonzalo Rodrigo Javier Joaquim Thiago Vinicius
Krzysztof Zbigniew Vladimir Dmitri Bogdan Mehmet Mustafa Khaled Hamza Tariq Rajesh Vikram Sanjay Hiroshi Takumi Haruto Wei Jian Kwame
Chukwu Sipho Tendai Patrick Desmond Geoffrey Jonathan Nathaniel Zachary Gabriel Raphael Timothy Gregory""".split()
ANIMALS = """cat dog fox owl bear rabbit mouse frog duck horse cow pig hen goat sheep lion tiger wolf deer squirrel
turtle snail whale dolphin penguin crow parrot bee ant spider hedgehog elephant monkey giraffe kitten puppy""".split()
PEOPLE = """boy girl king queen prince princess baker farmer fisherman gardener teacher painter sailor wizard witch knight
pirate robot dragon giant fairy ghost astronaut clockmaker shepherd postman grandmother grandfather child""".split()
THINGS = """star cloud lamp kite boat train teapot tree flower snowman lighthouse balloon pencil clock kettle leaf
raindrop moonbeam stone bicycle""".split()
COLORS = "red blue green yellow orange purple pink brown black white grey gold silver".split()
CITIES = """Paris London Berlin Madrid Rome Vienna Lisbon Dublin Oslo Warsaw Prague Athens Cairo Tokyo Delhi Lima Boston
Chicago Toronto Sydney Mumbai Lagos Nairobi Seoul Geneva Hamburg Milan Porto Barcelona Amsterdam Brussels Budapest Copenhagen
Bucharest Belgrade Edinburgh Manchester Liverpool Birmingham Glasgow Cologne Frankfurt Stuttgart Düsseldorf Würzburg Zürich Genoa Palermo
Málaga Bilbao Zaragoza Montreal Vancouver Calgary Philadelphia Baltimore Minneapolis Albuquerque Honolulu Guadalajara Monterrey Caracas
Montevideo Brasília Recife Salvador Kinshasa Johannesburg Casablanca Marrakesh Alexandria Beirut Damascus Baghdad Tehran Karachi Lahore Kolkata
Chennai Hyderabad Bangkok Singapore Shanghai Beijing Guangzhou Sapporo Fukuoka Melbourne Adelaide Auckland Wellington Reykjavík Tromsø
Gothenburg Thessaloniki Ljubljana Bratislava Sarajevo Odessa Kyiv Kraków""".split()
FOODS = "pizza|soup|rice|bread|cheese|apples|pancakes|pasta|chocolate|salad|cake|noodles|honey|ice cream|fried eggs".split("|")
HOBBIES = "reading|swimming|painting|football|chess|cooking|singing|dancing|running|gardening|drawing|cycling|fishing|hiking".split("|")
WORDS = """cat dog sun moon star tree fish bird book door hand milk rain snow wind fire lake hill road ship bell cake corn
desk drum farm flag frog game gate gift girl gold goat hair hat home horse house ice jam key king kite lamp leaf lion map
mouse nest night nose ocean orange owl paper park pear pen piano pig plant queen ring river rock roof rose sand school sea
seed shoe sky sock song soup spoon stone storm street sugar table tiger toy train wall water whale window wolf apple banana
bread bridge butter camera candle castle chair cheese cherry circle cloud clock coffee cookie cousin dance dragon dream
earth eagle family father finger flower forest friend garden glass grape green guitar hammer happy heart honey hello island
jacket jungle kitchen ladder lemon letter light little lucky magic market melon mirror money monkey mother mountain music
number orange pencil people pepper picture planet pocket potato prince purple puzzle rabbit rocket salad silver simple
sister smile summer sunny sweet teacher thunder ticket tomato travel turtle velvet village violin winter wonder yellow
world write young zebra quick brown small large open close night river happy great""".split()
WORDS = sorted(set(WORDS))

_ONSETS = "b d f g h j k l m n p r s t v w z br ch dr fl gr kr sh st tr th".split()
_NUCLEI = "a e i o u ai ea ia ee oo".split()
_CODAS = ["", "", "", "n", "l", "r", "s", "m", "k", "t", "x"]


# Wider than these, so that copying is not learned of a few syllables only.
_MORE_ONSETS = _ONSETS + "c cl cr pl pr ph qu sch sl sm sn sp sw wh y bl gl fr j kn m n l r".split() + [""]
_MORE_NUCLEI = _NUCLEI + "y au ou ie oi ue é á ü a e i o u".split()
_MORE_CODAS = _CODAS + "nd rt st ck ng nn ll rn lt ph ch sh tz d b g p rk mp".split()


def _any_word(rng: Random, syllables: int) -> str:
    if rng.random() < 0.35:
        return "".join(rng.choice(_MORE_ONSETS) + rng.choice(_MORE_NUCLEI) + rng.choice(_MORE_CODAS) for _ in range(max(1, syllables - rng.randint(0, 1))))
    return "".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) for _ in range(syllables)) + rng.choice(_CODAS)


def made_up(rng: Random, syllables: int = 2) -> str:
    """A word nobody has seen: 'tavikan', 'brool'; none that the exam takes for a name, a place or a word."""
    while True:
        word = _any_word(rng, syllables)
        if not any(held_out_key(f"{kind} {word}") for kind in ("name", "city", "thing")):
            return word


def _apart(rng: Random, kind: str, exam: bool, make) -> str:
    while True:
        value = make()
        if held_out_key(f"{kind} {value}") == exam:
            return value


MORE_CITIES = """Accra Amman Bergen Bologna Bordeaux Bremen Bruges Cordoba Cork Cuenca Cusco Dakar Dallas Denver Doha Dresden Dubai
Florence Galway Ghent Graz Hanoi Helsinki Houston Innsbruck Istanbul Jakarta Kyoto Leeds Leipzig Lyon Manila Marseille Medellin
Munich Nantes Naples Osaka Ottawa Phoenix Pisa Quito Riga Rotterdam Salzburg Santiago Seattle Seville Sofia Split Stockholm
Tallinn Tbilisi Toulouse Tunis Turin Utrecht Valencia Venice Verona Vilnius Zagreb Zurich""".split()
SURNAMES = """Smith Jones Brown Taylor Wilson Evans Walker White Hall Green Wood Clark Hill Moore Young King Baker Garcia Rossi
Muller Schmidt Fischer Weber Novak Kovacs Silva Costa Santos Lopez Perez Tanaka Sato Kim Park Chen Wang Singh Khan""".split()
JOBS = """teacher baker painter nurse doctor pilot farmer driver cook singer dancer lawyer plumber waiter tailor gardener writer
engineer student carpenter librarian fisherman firefighter photographer""".split()
COMPANIES = "Motors Foods Labs Systems Books Travel Energy Games Media Bank Tools Design".split()
COUNTRIES = "France Spain Italy Japan India Peru Chile Kenya Norway Sweden Poland Greece Egypt Cuba Brazil Canada Mexico Portugal".split()
PRODUCTS = """lamp chair table book phone bag hat coat shirt cup plate bike ball kite clock mirror blanket pillow kettle candle
umbrella camera pen notebook guitar shoe jacket scarf basket""".split()


def city(rng: Random, exam: bool = False) -> str:
    """A known or a made-up place; those with a held-out hash appear only in the exam, which knows none of CITIES."""

    def make() -> str:
        kind = rng.random()
        if kind < 0.55:
            return rng.choice(MORE_CITIES if exam else CITIES + MORE_CITIES)
        if kind < 0.7:
            return rng.choice(("New", "Port", "San", "Old", "Saint", "North")) + " " + _any_word(rng, 2).capitalize()
        return _any_word(rng, rng.choice((1, 2, 2, 3))).capitalize()

    return _apart(rng, "city", exam, make)


def full_name(rng: Random, exam: bool = False) -> str:
    """A first name, half of the time with a surname."""
    first = person_name(rng, exam)
    if rng.random() < 0.5:
        return first
    return first + " " + (rng.choice(SURNAMES) if rng.random() < 0.6 else made_up(rng, rng.choice((1, 2))).capitalize())


def thing(rng: Random, exam: bool = False) -> str:
    """A word: known, or made up."""
    return _apart(rng, "thing", exam, lambda: rng.choice(WORDS) if rng.random() < 0.5 else _any_word(rng, rng.choice((1, 2, 2, 3))))


def number(rng: Random, low: int, high: int, exam: bool = False) -> int:
    """A whole number; one in 16 is the exam's (numbers below 10 are everybody's)."""
    return int(_apart(rng, "number", exam and high > 40, lambda: str(rng.randint(low, high)))) if high > 40 else rng.randint(low, high)


def person_name(rng: Random, exam: bool = False) -> str:
    """A first name: known or made up. The exam's are made up and have a held-out hash, which no name in training has."""
    while True:
        name = rng.choice(GIRLS + BOYS) if not exam and rng.random() < 0.5 else _any_word(rng, rng.choice((1, 2, 2, 3))).capitalize()
        if held_out_key("name " + name) == exam:
            return name


def and_list(items: list[str]) -> str:
    """'a, b and c'."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
