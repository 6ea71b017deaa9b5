"""A few dozen facts everybody knows: capitals, opposites, days, months, animals, colours."""
from random import Random

from corpus.grammar import Turn, article, expand

CAPITALS = dict(
    pair.split(":")
    for pair in """France:Paris England:London Germany:Berlin Spain:Madrid Italy:Rome Austria:Vienna Portugal:Lisbon Ireland:Dublin
Norway:Oslo Sweden:Stockholm Finland:Helsinki Denmark:Copenhagen Poland:Warsaw Greece:Athens Egypt:Cairo Japan:Tokyo China:Beijing
India:Delhi Russia:Moscow Canada:Ottawa Peru:Lima Chile:Santiago Cuba:Havana Kenya:Nairobi Hungary:Budapest Belgium:Brussels
Switzerland:Bern Turkey:Ankara Iran:Tehran Iraq:Baghdad Australia:Canberra Brazil:Brasilia Mexico:Mexico_City Korea:Seoul
Thailand:Bangkok Ukraine:Kyiv Netherlands:Amsterdam Vietnam:Hanoi""".split()
)
OPPOSITES = [
    pair.split(":")
    for pair in """hot:cold big:small tall:short happy:sad up:down left:right day:night black:white old:young new:old fast:slow
hard:soft light:dark open:closed full:empty wet:dry rich:poor good:bad high:low loud:quiet early:late strong:weak long:short
near:far clean:dirty easy:difficult in:out yes:no true:false first:last love:hate win:lose push:pull start:stop sweet:sour
thick:thin wide:narrow heavy:light brave:afraid inside:outside summer:winter""".split()
]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
SOUNDS = dict(dog="woof", cat="meow", cow="moo", duck="quack", sheep="baa", pig="oink", frog="ribbit", bee="buzz",
              lion="roar", owl="hoot", horse="neigh", mouse="squeak", rooster="cock-a-doodle-doo", snake="hiss", wolf="howl")  # fmt: skip
YOUNG = dict(dog="puppy", cat="kitten", cow="calf", horse="foal", sheep="lamb", duck="duckling", bear="cub", hen="chick",
             goat="kid", frog="tadpole", lion="cub", swan="cygnet", deer="fawn")  # fmt: skip
LEGS = dict(dog=4, cat=4, spider=8, ant=6, bee=6, bird=2, horse=4, cow=4, fish=0, snake=0, person=2, duck=2, table=4, frog=4)
COLOR_OF = dict(grass="green", snow="white", blood="red", coal="black", milk="white", night="black", gold="yellow", chocolate="brown",
                fire="red and orange") | {"the sky": "blue", "the sea": "blue", "the sun": "yellow", "a banana": "yellow",
                "a lemon": "yellow", "a frog": "green", "a tomato": "red", "an orange": "orange", "a strawberry": "red",
                "a carrot": "orange", "a leaf": "green", "the moon": "white", "a cucumber": "green"}  # fmt: skip
PLAIN = [
    ("how many days are {there |}in a week", "There are 7 days in a week.", "7"),
    ("how many months are {there |}in a year", "There are 12 months in a year.", "12"),
    ("how many hours are {there |}in a day", "There are 24 hours in a day.", "24"),
    ("how many minutes are {there |}in an hour", "There are 60 minutes in an hour.", "60"),
    ("how many seconds are {there |}in a minute", "There are 60 seconds in a minute.", "60"),
    ("how many days are {there |}in a year", "There are 365 days in a year.", "365"),
    ("how many letters are {there |}in the alphabet", "There are 26 letters in the alphabet.", "26"),
    ("{name|what are|list|tell me} the {four |}seasons", "Spring, summer, autumn and winter.", "spring.*winter"),
    ("{name|what are|list|tell me} the days of the week", ", ".join(DAYS) + ".", "monday.*sunday"),
    ("{name|list|tell me|give me} {three|some} colours", "Red, blue and green.", "red"),
    ("{name|list|tell me|give me} {three|some} {animals|pets}", "A cat, a dog and a rabbit.", "cat"),
    ("{name|list|tell me|give me} {three|some} {fruits|kinds of fruit}", "Apples, bananas and oranges.", "apples"),
    ("{say|what is|tell me|recite} the alphabet", "A b c d e f g h i j k l m n o p q r s t u v w x y z", "a b c.*z"),
    ("what do bees make", "Bees make honey.", "honey"),
    ("what do cows {give us|make}", "Cows give us milk.", "milk"),
    ("{where do fish live|where does a fish live}", "Fish live in water.", "water"),
    ("{where do birds live|what do birds live in}", "Birds live in nests.", "nest"),
    ("what is {ice|snow} made of", "It is frozen water.", "water"),
    ("what do plants need{ to grow|}", "Plants need water and light.", "water"),
    ("{is the sun|what is the sun, is it} {a star|hot}", "Yes, the sun is a hot star.", "star"),
    ("{why is the sky blue|why is the sky so blue}", "Because the air scatters blue light the most.", "scatters"),
    ("{what is|which is} the {biggest|largest} planet", "Jupiter is the biggest planet.", "jupiter"),
    ("how many planets are {there |}in the solar system", "There are 8 planets.", "8"),
    ("how many continents are there", "There are 7 continents.", "7"),
    ("{what is|which is} the {biggest|largest} animal", "The blue whale is the biggest animal.", "blue whale"),
    ("{what is|which is} the fastest animal", "The cheetah is the fastest animal on land.", "cheetah"),
    ("{what is|which is} the tallest animal", "The giraffe is the tallest animal.", "giraffe"),
    ("{what is|which is} the {highest|tallest} mountain", "Mount Everest is the highest mountain.", "everest"),
    ("{what is|which is} the {biggest|largest} ocean", "The Pacific is the biggest ocean.", "pacific"),
    ("{what is|which is} the longest river", "The Nile is the longest river.", "nile"),
    ("at what temperature does water {boil|freeze}", "Water freezes at 0 degrees and boils at 100.", "0.*100"),
    ("what is H2O", "H2O is water.", "water"),
    ("what {colour|color} do {blue and yellow|yellow and blue} make", "Blue and yellow make green.", "green"),
    ("what {colour|color} do {red and yellow|yellow and red} make", "Red and yellow make orange.", "orange"),
    ("what {colour|color} do {red and blue|blue and red} make", "Red and blue make purple.", "purple"),
    ("how many fingers {do I have|does a hand have|are on a hand}", "A hand has 5 fingers.", "5"),
    ("how many wheels does a {car|bicycle} have", "A car has 4 wheels, a bicycle has 2.", "4.*2"),
    ("how many sides does a {triangle|square} have", "A triangle has 3 sides, a square has 4.", "3.*4"),
    ("what do {cats|dogs} {eat|like to eat}", "Cats and dogs like meat.", "meat"),
    ("what do {rabbits|horses} {eat|like to eat}", "Rabbits and horses eat grass.", "grass"),
    ("{when|where} does the sun rise", "The sun rises in the east, in the morning.", "east"),
    ("where does the sun set", "The sun sets in the west.", "west"),
    ("what is the {moon|earth}", "The earth is our planet, and the moon goes around it.", "planet"),
    ("which planet do we live on", "We live on the earth.", "earth"),
    ("what {season|time of year} is {cold|snowy}", "Winter is the cold season.", "winter"),
    ("what {season|time of year} is {hot|warm}", "Summer is the warm season.", "summer"),
    ("what is the {first|last} month of the year", "January is the first month, December is the last.", "january.*december"),
    ("what is the {first|last} letter of the alphabet", "A is the first letter, Z is the last.", "a.*z"),
    ("{what do we use an umbrella for|what is an umbrella for}", "An umbrella keeps the rain off.", "rain"),
    ("{what is a fork for|what do we use a fork for}", "We eat with a fork.", "eat"),
    ("{tell me|give me|do you know} {a fun fact|something interesting|a fact|something new|something fun}",
     "{An octopus has three hearts.|Honey never goes bad.|A snail can sleep for three years.|Bananas are berries.|Bees dance to talk.}",
     "octopus|honey|snail|bananas|bees"),
    ("{tell me|say} something", "{An octopus has three hearts.|Honey never goes bad.|Bees dance to talk.}", "octopus|honey|bees"),
    ("what is the meaning of life", "Some say it is 42. I am too small to know.", "42"),
]  # fmt: skip


def fact(rng: Random) -> list[Turn]:
    kind = rng.randrange(11)
    if kind == 0:
        country, city = rng.choice(list(CAPITALS.items()))
        city = city.replace("_", " ")
        place = "the Netherlands" if country == "Netherlands" else country
        user = expand(rng, "{what is|what's|tell me|do you know|name|which city is} the capital {city |}of <c>?", c=place)
        return [Turn(user, f"The capital of {place} is {city}.", city)]
    if kind == 1:
        a, b = rng.choice(OPPOSITES)
        user = expand(rng, "{what is|what's|tell me|give me|do you know} the opposite of {<w>|\"<w>\"}?", w=a)
        return [Turn(user, f"The opposite of {a} is {b}.", rf"is {b}\b")]
    if kind == 2:
        cycle = rng.choice((DAYS, MONTHS))
        i = rng.randrange(len(cycle))
        step = rng.choice((1, 1, -1))
        user = expand(
            rng, "{what|which} <unit> {comes|is} {right |} <side> <x>?", unit="day" if cycle is DAYS else "month",
            side="after" if step == 1 else "before", x=cycle[i],
        )  # fmt: skip
        other = cycle[(i + step) % len(cycle)]
        return [Turn(user, f"{other} comes {'after' if step == 1 else 'before'} {cycle[i]}.", f"^{other}")]
    if kind == 3:
        animal, sound = rng.choice(list(SOUNDS.items()))
        user = expand(rng, "{what {sound|noise} does <a> make|what does <a> say|how does <a> {sound|go}}?", a=article(animal))
        return [Turn(user, f"{article(animal).capitalize()} says {sound}.", sound)]
    if kind == 4:
        animal, young = rng.choice(list(YOUNG.items()))
        user = expand(rng, "{what is a {baby|young} <a> called|what do you call a {baby|young} <a>|what is the baby of <b>}?", a=animal, b=article(animal))
        return [Turn(user, f"A baby {animal} is called {article(young)}.", young)]
    if kind == 5:
        thing, count = rng.choice(list(LEGS.items()))
        user = expand(rng, "how many legs {does <a> have|has <a>|has <a> got}?", a=article(thing))
        return [Turn(user, f"{article(thing).capitalize()} has {count or 'no'} legs.", f"{count or 'no'} legs")]
    if kind == 6:
        thing, color = rng.choice(list(COLOR_OF.items()))
        user = expand(rng, "{what {colour|color} is|which colour is|what {colour|color} has|tell me the colour of} <t>?", t=thing)
        return [Turn(user, f"{thing.capitalize()} is {color}.", color)]
    questions, reply, accept = rng.choice(PLAIN)
    return [Turn(expand(rng, f"{{|||please |can you tell me: |hey, }}{questions}{{?|?|}}"), expand(rng, reply), accept)]
