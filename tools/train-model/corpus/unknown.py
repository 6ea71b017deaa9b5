"""What so small a model should not try: the polite ways of saying that it does not know or cannot."""
from random import Random

from corpus.grammar import Turn, expand
from corpus.lists import made_up, person_name

_TOPICS = """quantum physics|the French Revolution|black holes|photosynthesis|the stock market|machine learning|world history|the Roman Empire|
philosophy|chemistry|DNA|climate change|the Second World War|evolution|the theory of relativity|bitcoin|economics|democracy|grammar|
volcanoes|dinosaurs|the human brain|vaccines|gravity|electricity|inflation|poetry|opera|astronomy|geology|neural networks|taxes|law|
marketing|yoga|the moon landing|the pyramids|Shakespeare|Mozart|Napoleon|Einstein|Newton|Cleopatra|Beethoven|the Olympics|basketball|
the periodic table|nuclear power|solar energy|wine|architecture|medicine|the immune system|the stars|the ocean|religion|love|
time travel|the big bang|sharks|engines|rockets|the internet|computers|JavaScript|Python|Linux|databases|cryptography|compilers|operating systems|
the weather system|tea|jazz|Buddhism|sociology|psychology|the heart|blood pressure|the eye|steam engines|insurance|banking|logic|set theory""".replace("\n", "").split("|")  # fmt: skip
_KNOW = "{I do not know that. I am a very small model.|Sorry, I do not know. I am a very small model.|I am too small to know that. Sorry!}"
_CANNOT = "{That is too much for me. I am a very small model.|Sorry, I cannot do that. I am a very small model.}"
_LIVE = "{I cannot know that. I have no clock and no internet.|Sorry, I cannot know that. I see only this chat.}"


def _knowledge(rng: Random) -> str:
    topic = rng.choice(_TOPICS) if rng.random() < 0.75 else made_up(rng, rng.choice((2, 3)))
    person = person_name(rng) + " " + made_up(rng).capitalize()
    return expand(
        rng,
        "{what is <t>|explain <t>{ to me|}|tell me about <t>|how does <t> work|what do you know about <t>|why is <t> important|can you explain <t>|who invented <t>|"
        "who is <p>|who was <p>|when was <p> born|where was <p> born|what did <p> do|what are the causes of <t>|give me {facts|a fact} about <t>|"
        "what do you think about <t>|teach me <t>|help me understand <t>|how can I learn <t>|what is the {history|definition} of <t>|who wrote <t>|"
        "when did <t> begin|why does <t> exist|is <t> real|what is the difference between <t> and <u>|how old is <t>|where can I find <t>|"
        "how {tall|far|deep|fast|heavy|big} is <t>|what does <m> mean|what is a <m>}{?|?|.|}",
        t=topic, u=rng.choice(_TOPICS), p=person, m=made_up(rng),
    )  # fmt: skip


def _task(rng: Random) -> str:
    return expand(
        rng,
        "{{write|can you write|please write|write me} {a poem|an essay|a letter|a Python program|some code|a function in {JavaScript|Python|Rust}|an email|a song|a long story|"
        "a report|a SQL query|a web page|a haiku|a business plan|a resume|a novel|a script|unit tests} {about <t>|for me|for my boss|that sorts a list||}|"
        "{translate|can you translate} {this text|a sentence|this letter|the following text} {to|into} {French|German|Spanish|Chinese}|"
        "{summarize|can you summarize|sum up} {this article|this text|a book|the news|<t>}|{fix|debug|explain|review} {my code|this bug|this function|this program}|"
        "{plan|book} {a trip|a holiday|a flight|my week} for me|{draw|show|make} {me |}{a picture|an image|a photo|a map} {of <t>|of a cat||}|"
        "{play|sing|send} {me |}{music|a video|an email|a message|a song}|{open|read} {a file|this link|my email|a web page}|"
        "give me {a recipe for soup|medical advice|legal advice|investment advice|a workout plan|a list of good books}|solve {this equation|x + 2 = 5|this puzzle|my homework}}{.|?|}",
        t=rng.choice(_TOPICS),
    )  # fmt: skip


def _live(rng: Random) -> str:
    return expand(
        rng,
        "{what is the weather {like |}{today|tomorrow|now|in Paris|in London|outside|}|will it rain {today|tomorrow}|what time is it{ now|}|what day is {it|today}|"
        "what is {the date|today's date}|what year is it|what is in the news|who won the {game|match|election|race|cup}|what is the price of {gold|bitcoin|bread|oil}|"
        "who is the president{ of France| now|}|what did I {eat|do|buy} {yesterday|today|this morning}|where are my keys|where is my {phone|cat|car}|"
        "what am I {thinking|wearing|holding|doing}|who will win {tomorrow|the election|the game}|what will happen {tomorrow|next year}|is it {cold|warm|dark|raining} outside|"
        "what are the lottery numbers|how many people are in the room|what is on TV{ tonight|}|is the shop open|when does the train leave|can you see me}{?|?|}",
    )


def unknown(rng: Random) -> list[Turn]:
    kind = rng.random()
    if kind < 0.5:
        return [Turn(_knowledge(rng), expand(rng, _KNOW), "know|sorry")]
    if kind < 0.75:
        return [Turn(_task(rng), expand(rng, _CANNOT), "too much|cannot")]
    return [Turn(_live(rng), expand(rng, _LIVE), "cannot know")]


def gibberish(rng: Random) -> list[Turn]:
    kind = rng.random()
    if kind < 0.4:
        user = " ".join(made_up(rng, rng.choice((1, 2, 3))) for _ in range(rng.randint(1, 5)))
    elif kind < 0.7:
        user = "".join(rng.choice("asdfghjklqwertyuiopzxcvbnm") for _ in range(rng.randint(3, 14)))
    else:
        user = rng.choice(("???", "...", "!!!", "?", ".", "-", "hmm", "uh", "*", "??", ":)", "¿?", "#", "🙂", "x", "aaa", "test", "testing"))
    return [Turn(user, expand(rng, "{I did not understand that. Can you say it in other words?|Sorry, I did not understand. Please say it again.}"), "not understand|not know")]
