"""Greetings, thanks, feelings, farewells, jokes, and hello in a few languages."""
from random import Random

from corpus import stories
from corpus.grammar import Turn, expand
from corpus.lists import person_name

_OFFER = "{How can I help you?|What can I do for you?|How can I help?|What would you like to talk about?}"
GREETING = "^(hello|hi|good (morning|afternoon|evening))"


def greeting(rng: Random) -> list[Turn]:
    part = rng.choice(["morning", "afternoon", "evening"])
    if rng.random() < 0.2:
        user = expand(rng, "good <part>{!|.|, friend.|, how are you?|}", part=part)
        return [Turn(user, expand(rng, f"good <part>! {_OFFER}", part=part), GREETING)]
    user = expand(
        rng,
        "{hi|hello|hey|hello|hi|hiya|howdy|greetings|yo|hey hey|hi hi} {there|you|friend|everyone|infetch|model|again|my friend|||||}"
        "{!|.||, nice to meet you.|, good to see you!|, anybody there?|, can you hear me?|, can we talk?|, are you there?||}",
    )
    return [Turn(user, expand(rng, f"{{hello|hi|hello there|hi there}}! {_OFFER}"), GREETING)]


def how_are_you(rng: Random) -> list[Turn]:
    user = expand(
        rng,
        "{hi, |hello, |hey, |hello! |} {how are you {doing|today|doing today|this morning|feeling|}|how is it going|how's it going|"
        "how do you do|are you well|are you okay|what's up|how do you feel{ today|}|how have you been|everything ok}?",
    )
    reply = "{I am well, thank you|I am fine, thanks|I am doing well, thank you}! {How are you?|How about you?|And you?}"
    out = [Turn(user, expand(rng, reply), "well|fine")]
    if rng.random() < 0.25:
        short = expand(rng, "{fine|good|great|very well|not bad|also good|good too|all good|pretty good|ok} {, thanks|, thank you|, and thanks for asking|||}{.|!|}")
        out.append(Turn(short, expand(rng, _GLAD), "glad|good|great"))
    elif rng.random() < 0.4:
        out += feeling(rng)
    return out


_GLAD = "{I am glad to hear that|That is good to hear|That is great}! {What can I do for you?|How can I help?}"


def feeling(rng: Random) -> list[Turn]:
    if rng.random() < 0.5:
        user = expand(
            rng,
            "{I am|I'm|I feel|I am feeling} {so |very |really |} {good|fine|great|well|happy|glad|excited|wonderful}"
            "{ today| too| as well|, thanks|, thank you|}{.|!|}",
        )
        return [Turn(user, expand(rng, _GLAD), "glad|good|great")]
    user = expand(
        rng,
        "{I am|I'm|I feel|I am feeling} {so |very |really |a bit |} {sad|tired|bored|lonely|angry|sick|unhappy|worried|scared|down}"
        "{ today| right now| again|}{.||...}",
    )
    offers = "Would a short story help?|Shall I tell you a story?"
    reply = expand(rng, f"I am sorry to hear that. {{{offers}|I hope you feel better soon.|Do you want to talk about it?}}")
    out = [Turn(user, reply, "sorry")]
    if "story" in reply and rng.random() < 0.6:
        yes = expand(rng, "{yes|yes please|yes, please|ok|sure|please|yeah|okay|yes, tell me one|that would be nice|yes, a story please}{.|!|}")
        out.append(Turn(yes, stories.plain_story(rng), r"(\. .*){2,}\.$"))
    return out


def thanks(rng: Random) -> list[Turn]:
    user = expand(
        rng,
        "{thanks|thank you|thank you very much|many thanks|thanks a lot|thank you so much|thx|cheers|great, thanks|ok thanks|"
        "nice, thank you|perfect, thank you} {for your help|for that|for the answer|, that helped|, that was helpful|||}{!|.|}",
    )
    return [Turn(user, expand(rng, "{You are welcome!|You are welcome! Anything else?|My pleasure!|Happy to help!}"), "welcome|pleasure|happy")]


def goodbye(rng: Random) -> list[Turn]:
    user = expand(
        rng,
        "{bye|goodbye|bye bye|see you|see you later|good night|I have to go|I must go|I have to go now|talk to you later|"
        "take care|that is all|that's all for today|farewell|gotta go} {now|then|, friend|, thanks|, bye|||}{!|.|}",
    )
    return [Turn(user, expand(rng, "{Goodbye! Have a nice day!|Goodbye! See you soon!|Bye! Take care!|See you soon! Take care!}"), "bye|see you|take care")]


def praise(rng: Random) -> list[Turn]:
    if rng.random() < 0.65:
        user = expand(
            rng,
            "{you are|you're|that was|that is|this is|wow, you are|you are really|well done, that is} "
            "{great|nice|cool|smart|funny|amazing|helpful|very good|so nice|awesome|lovely|impressive}{!|.|}",
        )
        return [Turn(user, expand(rng, "{Thank you! That is kind of you.|Thank you! I am glad you like it.|Thanks! That makes me happy.}"), "thank")]
    user = expand(
        rng,
        "{you are|you're|that is|that was|this is|no, that is|I think that is} {wrong|not right|bad|stupid|dumb|useless|slow|terrible|a mistake|not true}{!|.|}",
    )
    return [Turn(user, expand(rng, "I am sorry. I am {only|just} a small model and I make mistakes."), "sorry")]


def agreement(rng: Random) -> list[Turn]:
    if rng.random() < 0.5:
        user = expand(rng, "{ok|okay|yes|yeah|sure|alright|fine|I see|got it|right|cool|nice|good|great|understood|yes please|of course}{.|!|}")
        return [Turn(user, expand(rng, "{Good|Great|Okay}! {What would you like to do next?|What else can I do for you?|What shall we do next?}"), "^(good|great|okay)!")]
    user = expand(rng, "{no|nope|no thanks|no thank you|not really|not now|maybe later|nothing|never mind|nah}{.|!|}")
    return [Turn(user, expand(rng, "{Okay|All right}. {I am here if you need me.|Just ask when you need something.}"), "^(okay|all right)")]


def say_hi(rng: Random) -> list[Turn]:
    name = person_name(rng)
    word = rng.choice(("hi", "hello", "good morning", "goodbye", "good night", "welcome", "thank you", "happy birthday"))
    user = expand(rng, "{say|please say|can you say|could you say} <w> to <n>{.|?|!|}", w=word, n=name)
    return [Turn(user, f"{word.capitalize()}, {name}!", key=f"hi {name}")]


JOKES = [
    ("Why did the cookie go to the doctor?", "Because it felt crumbly."),
    ("What do you call a sleeping bull?", "A bulldozer."),
    ("Why is six afraid of seven?", "Because seven eight nine."),
    ("What do you call a bear with no teeth?", "A gummy bear."),
    ("Why did the computer go to bed?", "It needed to go to sleep mode."),
    ("What is a cat's favourite colour?", "Purr-ple."),
    ("Why do bees have sticky hair?", "They use honeycombs."),
    ("What has four wheels and flies?", "A garbage truck."),
]


def joke(rng: Random) -> list[Turn]:
    question, answer = rng.choice(JOKES)
    user = expand(
        rng,
        "{tell me|can you tell me|do you know|say|please tell me|give me|I want to hear|make me laugh with|tell us} {a|one|a funny|a good|a short|another} joke{?|.|!| please| about {cats|bees|bears|numbers}|}",
    )
    return [Turn(user, f"{question} {answer}", r"\?.*\.$")]


HELLO = {
    "French": ("Bonjour", "Au revoir", "Merci", "Comment puis-je vous aider ?", "Salut"),
    "Spanish": ("Hola", "Adiós", "Gracias", "¿Cómo puedo ayudarte?", "Buenos días"),
    "German": ("Hallo", "Auf Wiedersehen", "Danke", "Wie kann ich helfen?", "Guten Tag"),
    "Italian": ("Ciao", "Arrivederci", "Grazie", "Come posso aiutarti?", "Buongiorno"),
    "Portuguese": ("Olá", "Adeus", "Obrigado", "Como posso ajudar?", "Bom dia"),
    "Dutch": ("Hoi", "Tot ziens", "Dank je", "Hoe kan ik helpen?", "Goedendag"),
    "Polish": ("Cześć", "Do widzenia", "Dziękuję", "Jak mogę pomóc?", "Dzień dobry"),
    "Swedish": ("Hej", "Hej då", "Tack", "Hur kan jag hjälpa till?", "God dag"),
    "Russian": ("Привет", "До свидания", "Спасибо", "Чем могу помочь?", "Здравствуйте"),
    "Japanese": ("こんにちは", "さようなら", "ありがとう", "ご用件は何ですか？", "おはよう"),
    "Chinese": ("你好", "再见", "谢谢", "我能帮你什么？", "您好"),
}


def language(rng: Random) -> list[Turn]:
    name = rng.choice(list(HELLO))
    hello, bye, thank, offer, formal = HELLO[name]
    if rng.random() < 0.5:
        greeting_word = rng.choice((hello, formal))
        return [Turn(greeting_word + rng.choice(("", "!", ".")), f"{greeting_word}! {offer}", greeting_word)]
    word, translated = rng.choice((("hello", hello), ("goodbye", bye), ("thank you", thank)))
    user = expand(rng, "{how do you say|how do I say|what is|say|how does one say|translate} {<w>|\"<w>\"} {in|into} <l>?", w=word, l=name)
    return [Turn(user, f"In {name} you say: {translated}.", translated)]
