"""Choosing one of given labels: the topic of a sentence, its mood, its kind, its language, whether it is spam, what a word is."""
from random import Random

from corpus.grammar import Turn, phrase
from corpus.lists import ANIMALS, CITIES, COLORS, COUNTRIES, FOODS, HOBBIES, JOBS, and_list
from corpus.splits import EXACT

_ANIMALS = "|".join(ANIMALS)
SUBJECTS = {
    "sports": "the team won the {match|game|cup}|she {ran|won} the race|he scored {two|three} goals|the {football|tennis|basketball} player trained hard|they lost the final|a new record in swimming|the coach was happy with the players|the marathon starts at nine|"
    "the {referee|goalkeeper|striker|captain} {was injured|made a mistake|is very good|got a red card}|our {club|team} plays {at home|away|against Spain} {tonight|on Saturday}|{two|five|many} {runners|swimmers|cyclists|skiers|athletes} {reached the finish|trained in the morning|got a medal}|"
    "the {stadium|gym|pitch} was {full|closed|loud}|the score was {two|three|four} to one|he {kicked|threw|caught|hit} the ball|{boxing|golf|rugby|hockey|volleyball|tennis|football} {is on tonight|is her favourite sport|needs practice}|the {Olympics|championship|tournament|season} {begins|ends} in {May|June|July}|"
    "we {beat|lost to|tied with} the other team|she jumped {far|higher than all the others}|the fans {cheered|sang for their team}|he won a {gold|silver} medal|the {league|cup} table has changed",
    "food": "the soup {needs salt|was hot}|I baked {bread|a cake}|this recipe needs {eggs|butter and flour}|we had {pasta|pizza|rice} for dinner|the cook fried onions|add sugar to the dough|the restaurant serves fish|fresh tomatoes taste best|"
    "{boil|fry|cook|cut|chop|mash|peel} the {potatoes|eggs|carrots|onions|noodles|beans}|{breakfast|lunch|dinner|supper} was {late|good|cold|eggs and toast}|put the {cake|bread|chicken|pie} in the oven|the {cheese|sauce|salad|sandwich|meat|fruit} {is fresh|smells good|tastes of garlic}|"
    "a {spoon|cup|pinch} of {salt|sugar|honey|oil|pepper}|she likes {chocolate|bananas|apple juice|mushrooms|spicy curry}|the {waiter|chef|baker|butcher} {brought the menu|made a sauce|sells ham}|I am hungry, let us eat|the {kitchen|bakery} smells of {bread|cinnamon|garlic}|"
    "he drank {a cup of tea|coffee with milk|orange juice}|the {grapes|peaches|strawberries|cherries} are {ripe|sweet|sour}|stir the {soup|dough|rice} slowly",
    "travel": "we flew to {Rome|an island}|the hotel had a view of the sea|I packed my suitcase|our train to the coast was late|the tourists visited the castle|my passport is at the airport|we booked a trip to the mountains|the flight took six hours|"
    "{book|cancel|find} a {hotel|flight|hostel|ferry} {for two nights|to Greece|near the beach}|our {plane|bus|ferry|ship} {leaves|lands|arrives} {at noon|tomorrow|in Lisbon}|the {guide|driver|captain} showed us the {old town|island|harbour}|we spent our {holiday|vacation|weekend} {in Spain|by the sea|camping}|"
    "{pack|bring} {a bag|a tent|sun cream} for the {trip|beach|journey}|the {airport|station|border} was {crowded|closed}|I lost my {luggage|ticket|passport|map}|a {journey|cruise|tour} {around the world|through Asia|along the river}|they {drove|sailed|hiked|cycled} {across France|to the coast|through the desert}|"
    "where can tourists stay in {Prague|Oslo|Cairo}?|the {cabin|room} with a sea view costs more|we crossed the border at night",
    "weather": "it will {rain|snow} tomorrow|the storm brought wind|a sunny day with clouds later|it is {cold|hot} outside|fog in the morning|ten degrees and rain|thunder all night|the forecast says snow|"
    "{heavy|light|some} {rain|snow|wind|hail|showers} {in the north|this evening|on Monday|near the coast}|the sun {is shining|came out|will shine all day}|{dark|grey|white} clouds {cover the sky|are moving in}|{lightning|a tornado|a hurricane} hit the {coast|village|town}|"
    "the {temperature|wind} {rises|drops|will fall} {tonight|at noon|below zero}|{warm|cool|humid|dry|icy|freezing} air {comes from the south|all week}|it {rained|snowed|was foggy|was windy} {all day|last night}|a {mild|rainy|cloudy|stormy|sunny} {spring|autumn|weekend|morning}|"
    "take an umbrella, it is raining|ice on the roads and frost at night|the heat wave lasts until {Friday|Sunday}",
    "music": "she plays the {piano|violin|guitar}|the band gave a concert|a song with a slow rhythm|the choir sang|he wrote a new melody|the drummer was loud|the orchestra tuned its instruments|the singer has a new album|"
    "{jazz|rock|pop|opera|folk} {songs|music} {from the sixties|on the radio|is loud}|the {flute|trumpet|cello|harp|organ} {is out of tune|has a soft sound}|he {sings|hums|whistles} {in the shower|an old tune|a ballad}|{Mozart|Bach|Beethoven} {wrote|composed} {this symphony|many sonatas|for the piano}|"
    "the {bass|drums|guitar|chorus} {is too loud|starts slowly}|we {danced|listened} to {the band|her songs|a waltz}|the {band|singer|pianist|composer} {is on tour|recorded a track|played a solo}|{turn up|play|listen to} the {song|record|radio|playlist}|"
    "the {lyrics|notes|chords} of this song are {easy|sad}|her voice is {high|deep} and clear|the {concert|music festival} was sold out",
    "money": "the bank raised its rates|I paid the bill|shares fell by two percent|she saved her salary|the price of oil rose|taxes are due in May|he took a loan for the house|the budget is too small|"
    "{the stock market|the dollar|the euro|inflation} {fell|rose|is stable} {today|again|this year}|I {owe|lent|gave} him {ten|fifty|a hundred} {euros|dollars|pounds}|the {rent|mortgage|fee|debt} {is due|must be paid} {on Monday|every month}|{pay|send|check} the {invoice|bill|receipt}|"
    "{investors|banks|companies} {sold shares|lost millions|made a profit}|she {earns|spends|saves} {a lot|too much|half of her wage}|my {bank account|credit card|wallet|purse} is {empty|full|blocked}|{gold|oil|bread} {is cheaper|costs more} {now|than last year}|"
    "the {economy|company} {grew|shrank} by three percent|interest on savings is {low|high}|he changed {dollars|coins} at the bank",
    "health": "the doctor looked at my knee|take this medicine twice a day|he has a fever|sleep is good for the heart|she broke her arm|the nurse gave a vaccine|my head hurts|the hospital is full|"
    "{my|her|his} {back|tooth|stomach|throat|ear|foot} {hurts|is sore|is swollen}|a {cough|cold|headache|rash|flu} {for three days|is not serious}|the {dentist|surgeon|nurse|doctor} {pulled a tooth|gave me pills|checked my blood}|{vitamins|exercise|fresh air|sleep} {is|are} good for {you|the body|your lungs}|"
    "the {patient|old man} {feels better|needs an operation|was in hospital}|{drink water|rest|stay in bed} and {take the pills|you will get well}|{blood pressure|cholesterol|her pulse} is too high|the {clinic|pharmacy} {opens at eight|has the medicine}|he is {ill|sick|allergic to nuts}|"
    "a {bandage|plaster} for the {cut|wound}|the {virus|infection|disease} spreads fast",
    "technology": "the new phone has a better camera|my computer crashed|they wrote software for robots|update the app|the laptop has more memory|the server is down|a bug in the code|the network is slow|"
    "{restart|install|update|plug in} the {router|printer|program|tablet|browser}|the {website|screen|keyboard|battery|chip} {does not work|is faster now|is broken}|{engineers|programmers|hackers} {built a robot|found a bug|wrote the code|broke into the system}|my {email|password|file|wifi} {is lost|does not load|was deleted}|"
    "{artificial intelligence|the cloud|a satellite|the internet} {changes fast|stores our data|is offline}|a {faster|smaller|new} {processor|computer|drone|smart watch}|click the {button|icon|link} to download the file|the {data|backup} is on the {disk|server}|"
    "the {machine|device} runs on {batteries|Linux}|developers released version two of the {app|software}",
    "animals": f"the dog chased the cat|birds fly south|a lion sleeps in the grass|the cow gave milk|elephants are big|the cat drank milk|a wolf howled|the fish swims in the lake|"
    f"{{the|a|that}} {{{_ANIMALS}}} {{sleeps|is hungry|ran away|eats grass|hides under a tree|has young ones|lives in the forest|looks at us|is in its nest|drinks water}}|{{{_ANIMALS}}}s {{live in groups|eat leaves|can smell well|sleep in winter|are shy|hunt at night}}|"
    f"the {{parrots|geese|sharks|eagles|bears|kittens|puppies}} {{are loud|hunt fish|sleep|play}}|{{feed|brush|stroke|catch}} the {{horse|cat|rabbit|hen|parrot}}|the {{zoo|farm}} has {{two|three|many}} {{{_ANIMALS}}}s|a bird with {{red|long|blue}} {{feathers|wings}}|its {{tail|fur|beak|paws}} is {{long|soft|white}}|"
    f"the {{vet|shepherd}} {{looked at the sheep|saw a wolf}}",
    "school": "the teacher gave us homework|I passed the exam|the class learns to read|the students wrote a test|our lesson starts at eight|she studies history|the pupils sat at their desks|I forgot my schoolbook|"
    "{maths|geography|biology|grammar|physics} is {my favourite subject|hard|after the break|taught in room five}|the {teacher|professor|headmaster} {wrote on the blackboard|corrected our essays|explained the lesson}|{pupils|students|children} {learn to count|raise their hands|study for the exam|go to class}|"
    "he got {good|bad} {marks|grades} in {maths|French|history}|the {school|university|college|classroom} {opens in September|has a big library}|{do|finish|hand in} your {homework|essay|exercise}|we {had a test|read a text|did sums} in class|the {bell rang|break} and all pupils {ran out|played in the yard}|"
    "my {schoolbag|notebook|pencil case} is on the desk|she failed the {exam|test|course}|the lecture about {history|chemistry} was long",
    "politics": "the president gave a speech|the parliament voted on a law|the minister resigned|people will vote on Sunday|the election is close|the mayor opened the bridge|a new government was formed|the party lost seats|"
    "the {senate|congress|parliament|council|cabinet} {passed|rejected|discussed} the {bill|law|tax|treaty}|{voters|citizens|senators|ministers} {want a new law|elected a president|protest against the government}|the {prime minister|chancellor|king|governor|senator} {met the ambassador|spoke about peace|signed the treaty|lost the vote}|"
    "the {campaign|election|referendum} {begins|ends} {in May|on Sunday}|{two|three} parties formed a {government|coalition}|the {opposition|party|left|right} {won the election|wants reforms}|a {law|tax|reform} for {cities|workers|farmers} was passed|democracy needs {voters|free elections}|"
    "the ambassador of {Peru|Spain|Japan} {left|met the president}|leaders talked about {war and peace|the border|trade laws}",
    "art": "the painter used blue and gold|a museum shows old pictures|she drew a portrait|the statue is made of stone|he sells his paintings|the gallery opens tonight|an artist made a sculpture|the colours of the picture are warm|"
    "{oil|water} colours on {canvas|paper}|the {artist|sculptor|painter} {made a drawing|painted a landscape|works in a studio|carved wood}|a {portrait|sketch|painting|sculpture|drawing} of {a woman|the sea|a horse|the king}|{Picasso|Rembrandt|Monet|Leonardo} painted {this|many portraits|the lake}|"
    "the {gallery|museum|exhibition} {shows modern art|has old masters|bought a painting}|she {paints|draws|sculpts} {faces|flowers|with a soft brush}|the {brush|canvas|frame|easel} is {new|in the studio}|a {marble|bronze|wooden} {statue|bust|figure}|the {fresco|mural} on the {wall|ceiling} is {old|famous}|he sold the picture at an auction",
}  # fmt: skip
MOODS = {
    "happy": "I got the job|what a lovely surprise|we laughed all day|I feel great|this is the best day of my life|I am so glad you came|hooray, we won|I love this|"
    "I am {so |very |}{happy|glad|pleased|delighted|cheerful|proud} {today|with my present|to see you|about the news}|{hurray|yes|yippee|great}, {it worked|I passed|we are going to the beach}|{today|this|my birthday} was {wonderful|so much fun|perfect}|I {can't stop smiling|could sing with joy|enjoyed every minute}|"
    "{she|he|my best friend} said yes|thank you, {I love it|that is so kind|you made my day}|we had {a great party|so much fun|a lovely time}|what {wonderful|great|good} news|life is {good|beautiful}|I won {a prize|the game|first place}|the baby {smiled|laughed} at me|at last we are together again",
    "sad": "I miss my grandmother|my dog died|I cried all night|nobody came to my party|I feel so alone|we had to say goodbye|I lost my favourite toy|my heart is broken|"
    "I am {so |very |}{sad|unhappy|lonely|down|heartbroken|disappointed} {today|without you|since you left|about it}|I {miss|lost} my {old friend|home|cat|brother|father}|{tears|a tear} ran down my face|{she|he|my best friend} {left me|moved far away|passed away|does not love me}|I can't stop crying|"
    "{nobody|no one} {likes me|wrote to me|remembers my birthday}|it {hurts|is so hard} to {be alone|lose a friend|say farewell}|everything is grey and empty|I wish {she was still here|I had a friend|you had not gone}|the funeral was {on Monday|yesterday}|I have no hope left|my bird {is dead|flew away}",
    "angry": "stop shouting at me|this is outrageous|I want to speak to the manager|you lied to me|how dare you|I am sick of this|this is the third time it broke|I hate it when you do that|"
    "I am {so |very |really |}{angry|furious|mad|annoyed|cross} {with you|about this|at them}|{leave me alone|shut up|get out|go away}, {you liar|now|I said}|{you|they|he} {cheated|broke it again|ruined everything|never listen}|I {hate|can't stand} {you|this noise|your excuses|liars}|{enough|that's it}, I have had {enough|it with you}|"
    "this is {unacceptable|a disgrace|an insult|so unfair}|I want my money back {now|at once}|who {broke|stole|took} my {bike|phone}, I will {find him|shout}|you {idiot|fool}, look what you did|I could {scream|kick the door}|don't you ever {do|say} that again|what nonsense, I will complain",
    "afraid": "there is a noise in the cellar|I am scared of the dark|what if we get lost|I heard steps behind me|please do not leave me alone here|I tremble when I think of it|the dog might bite|I had a nightmare|"
    "I am {so |very |}{afraid|scared|frightened|terrified|worried|nervous} {of spiders|of the exam|of flying|to go out|that he will come}|{something|somebody|a shadow} {moved|is hiding|is standing} {in the dark|behind the door|under my bed}|{what if|I fear} {he finds us|the plane falls|we can't get out|nobody helps us}|"
    "{help|oh no}, {a snake|a ghost|there is somebody at the window}|my {hands|knees} {shake|are shaking}|don't {open that door|go in there}, {it is dangerous|please}|I {dare not|can't} {look down|go into the cellar|sleep without a light}|that {film|thunder|scream} {scared|frightened} me|I hear {strange noises|somebody breathing} at night|the {ghost|monster|storm} makes me tremble",
}  # fmt: skip
KINDS = {
    "question": "where is the station?|how old are you?|can I come in?|what time is it?|who took my pen?|is it far?|why did you leave?|do you like tea?|"
    "{where|when|why} {do you work|did she go|is the party|are they here}?|{what|which|whose} {book|colour|bag} is {this|yours|it}?|{is|was} {the shop|your brother|dinner|the door} {open|ready|here}?|{do|did|can|will} {you|they|we} {play chess|know him|stay here|help me|need a key}?|how {many|much|far|long} {is it|are there}?|who {is that|lives here|called you}?|have you {seen my hat|been there|eaten}?",
    "command": "close the door|bring me a chair|stop that|come here|write your name|open the window|wait for me|turn left|"
    "{give|show|hand|send} {me|him|us} the {book|key|salt|map}|{put|leave} {it|the box|your shoes} {on the table|there|outside}|{sit|stand|lie} {down|still|up} {now|please|}|{go|run|walk} {home|to the door|away|upstairs}|{wash|clean|fold} {your hands|the car|the shirts}|{read|sign|copy} this {page|letter}|don't {move|touch that|run}|{look at|listen to|follow} {me|the teacher|him}|take {a seat|the bus|your coat}|be {quiet|careful|here at six}",
    "statement": "the sky is blue|I live here|we have two cats|the shop is closed|my coat is red|it was late|she has a bike|the bus is full|"
    "{he|she|Tom|my sister} {works in a bank|likes tea|is at home|plays chess|went to bed}|the {book|key|house|door|river} is {old|new|on the table|very long|open}|{we|they|I} {live in Rome|have a garden|came by train|saw a film|are tired}|there {is|was} a {tree|lamp|bridge} {here|near the house}|{today|yesterday} {was|is} {Monday|a holiday}|my {brother|father|cat} is {tall|five years old|asleep}|{apples|trains|winters} are {cold|cheap|red} here",
    "greeting": "hello there|good morning|hi, nice to meet you|good evening everyone|hey, welcome|greetings, friend|hi all|good afternoon|"
    "{hello|hi|hey|greetings} {everyone|friends|again|my friend|to you all|dear}|{good|a very good|a fine} {morning|evening|afternoon|day} {to you|all|sir|madam|my friends|}|{hello|hi|hey}, {good to see you|how nice to see you|I am Tom|it's me|welcome home}|welcome {back|everybody|to our house}|nice to {meet|see} you|howdy {partner|all|}|{hello|hi} and welcome",
}  # fmt: skip
SPAM = {
    "spam": "you won a million dollars, click here|buy cheap pills now|free money, act fast|claim your prize today|you are the lucky winner|hot offer, only today, click|earn cash from home fast|send your password to get a gift|"
    "{buy|get|order} {one|cheap|discount} {watches|pills|phones|loans|medicine} {now|today|online|at half price}, {click here|limited offer|free shipping}|{congratulations|hurry|wow|attention}, you {have won|have been chosen for|can claim} {a free phone|a prize|a cruise|10000 dollars}|"
    "{click|tap} {here|this link} to {win|claim your reward|get rich|unlock your account|see the offer}|{lose weight|make money|get rich|earn 500 dollars a day} {fast|in a week|without work}, {sign up|buy now|no risk}|{cheap|free|exclusive|hot} {offer|deal|casino bonus|loan} {for you|ends tonight|only today}|"
    "your {account|card|prize} {is blocked|will expire|is waiting}, {send your password|enter your pin|click now}|{casino|lottery|bitcoin} {bonus|winner|offer}: {act now|reply to win|claim it}|a prince will {send|give} you millions|sale sale sale, {buy now|everything must go}|{best|lowest} prices for {pills|watches|insurance}, order now",
    "not spam": "see you at lunch|the meeting is at ten|here are the photos from Sunday|can you call me later?|thanks for your help yesterday|dinner is ready|I will be ten minutes late|please find the report attached|"
    "{I will|we|let us} {come|meet} {at the station|at six|after work|on Friday}|{thanks|thank you} for {the book|dinner|your letter|coming}|{are you|is Anna} {at home|coming to the party|still at work}?|{mum|dad|grandma|the doctor} {called|says hello|will visit us on Sunday}|the {train|bus|parcel|teacher} {is late|has arrived|is here}|"
    "{can|could} you {buy milk|send me the notes|pick up the children|bring the keys}?|{happy birthday|good luck tomorrow|get well soon}{, Anna||, see you soon}|I {left my bag|forgot my keys} at {your place|the office}|attached {are the notes|is the plan} {from|for} {the meeting|our trip}|the {lesson|game|meeting} was moved to {Monday|noon}|how was your {day|trip|weekend}?|"
    "the boss wants {the numbers|to talk} {by Friday|after lunch}",
}
TONGUES = {
    "English": "where is my book?|the house is big|I like bread|good night|we are going home|my name is Tom|thank you for the cake|it is late|{the|my} {dog|garden|mother|friend} is {here|small|very old|not at home}|I {have|see|want|know} {a|the|your} {house|dog|car}|{where|who|what} {is|are} {she|they|the children}?|we {eat|drink|work} {every day|with our friends|in the kitchen}|{she|he} {is|was} {tired|at school|very happy}|{please|now} {come|wait}, {my friend|it is cold}|{tomorrow|today} we {will read|play|are going to the sea}",
    "French": "où est mon livre ?|la maison est grande|j'aime le pain|bonne nuit|nous allons à la maison|je m'appelle Marie|merci pour le gâteau|il est tard|{le|mon} {chien|jardin|père|chat} est {ici|petit|très vieux|dans la maison}|{je veux|j'ai|je vois} {une maison|le chien|une voiture}|{où|qui} {est|sont} {elle|les enfants}?|nous {mangeons|buvons|travaillons} {avec nos amis|dans la cuisine}|{elle|il} est {fatigué|à l'école|très content}|{aujourd'hui|demain} {nous jouons|je vais à la mer}|{bonjour|merci}, {comment ça va|mon ami}",
    "German": "wo ist mein Buch?|das Haus ist groß|ich mag Brot|gute Nacht|wir gehen nach Hause|ich heiße Anna|danke für den Kuchen|es ist spät|{der|mein} {Hund|Garten|Vater|Freund} ist {hier|klein|sehr alt|nicht zu Hause}|ich {habe|sehe|will} {ein Haus|den Hund|das Auto}|{wo|wer} {ist|sind} {sie|die Kinder}?|wir {essen|trinken|arbeiten} {mit unseren Freunden|in der Küche}|{sie|er} ist {müde|in der Schule|sehr froh}|{heute|morgen} {spielen wir|gehe ich ans Meer}|{guten Tag|danke}, {wie geht es|mein Freund}",
    "Spanish": "¿dónde está mi libro?|la casa es grande|me gusta el pan|buenas noches|vamos a casa|me llamo Juan|gracias por el pastel|es tarde|{el|mi} {perro|jardín|padre|gato} está {aquí|muy viejo|en la casa|con los niños}|{quiero|tengo|veo} {una casa|el perro|un coche}|¿{dónde|quién} {está|es} {ella|tu hermano}?|{comemos|bebemos|trabajamos} {con nuestros amigos|en la cocina}|{ella|él} está {en la escuela|muy contento}|{hoy|mañana} {jugamos|voy al mar}|{hola|gracias}, {qué tal|mi amigo}",
    "Italian": "dov'è il mio libro?|la casa è grande|mi piace il pane|buona notte|andiamo a casa|mi chiamo Luca|grazie per la torta|è tardi|{il|il mio} {cane|giardino|padre|gatto} è {qui|piccolo|molto vecchio|nella casa}|{voglio|ho|vedo} {una casa|il cane|una macchina}|{dove|chi} {è|sono} {lei|i bambini}?|{mangiamo|beviamo|lavoriamo} {con i nostri amici|nella cucina}|{lei|lui} è {stanco|a scuola|molto felice}|{oggi|domani} {giochiamo|vado al mare}|{ciao|grazie}, {come stai|amico mio}",
}
THINGS_BY_KIND = {
    "animal": "|".join(ANIMALS), "color": "|".join(COLORS), "food": "|".join(FOODS), "job": "|".join(JOBS), "city": "|".join(CITIES), "country": "|".join(COUNTRIES),
    "hobby": "|".join(HOBBIES), "vehicle": "car|bus|train|bike|truck|ship|plane|tram|boat|motorbike|rocket|taxi|ferry", "fruit": "apple|pear|banana|cherry|grape|peach|plum|lemon|melon|strawberry|orange",
    "clothes": "shirt|coat|hat|shoe|scarf|jacket|glove|sock|dress|trousers|skirt|sweater", "furniture": "table|chair|bed|sofa|desk|shelf|wardrobe|bench|stool|cupboard",
    "body": "arm|leg|nose|ear|hand|foot|knee|finger|eye|mouth|neck|shoulder", "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday", "month": "January|February|March|April|May|June|July|August|September|October|November|December",
    "number": "one|two|three|seven|ten|twelve|twenty|fifty|hundred|1|7|12|33|80|100", "tool": "hammer|saw|drill|screwdriver|spade|rake|axe|pliers",
}  # fmt: skip
REQUESTS = {
    "billing": "I was charged twice|{where is|please send} my {invoice|receipt}|the {amount|bill} is {wrong|too high}|I want {a refund|my money back} for {last month|the second payment}|my {credit card|payment} was {refused|not accepted}|how can I pay{ by card|}?|the discount was not {used|on my bill}",
    "delivery": "my {parcel|package|order} {has not arrived|is late|was sent to the wrong address}|when will my {parcel|package|order} {come|be delivered}?|the driver {did not ring|left the box outside}|can you ship to {Norway|Japan}?|where is my package{ now|}?|the box {came|arrived} {empty|damaged|open}",
    "account": "I {forgot|lost|want to change} my password|I cannot {log in|sign in}|please {delete|close} my account|how do I change my {email address|user name}?|my account is {locked|blocked}|somebody {used|hacked} my account|I want to {sign up|register}",
    "praise": "you {did a great job|were so helpful}|the {best|nicest} {service|shop} ever|thank you so much for {the fast help|everything}|I am very {happy|pleased} with {the lamp|your shop}|keep it up|five stars from me",
}
_URGENT = {
    "urgent": "{help|come} {now|at once|quickly}, {the house is on fire|there was an accident|he is not breathing}|{the server is down|all customers are waiting|we lose money every minute}, {fix it now|please hurry}|I need {an answer|the report|a doctor} {right now|within the hour|immediately}|call me {at once|immediately}, it is important|the deadline is in {ten minutes|an hour}",
    "not urgent": "{whenever you have time|no hurry|some day|next month is fine}, {could you look at this|tell me about the plan|send me the book}|{just|only} {saying hello|a small idea for next year}|you can {answer|do it} {next week|when you like}|there is no rush with the {garden|report|photos}|maybe we can {talk|meet} some time next {month|year}",
}
_GOOD = "great|wonderful|excellent|lovely|fantastic|amazing|very good|beautiful|delightful|perfect|superb|really nice|brilliant|tasty|charming|friendly|clean and quiet|a pleasure|worth every cent|better than expected|outstanding"
_BAD = "awful|terrible|boring|horrible|very bad|disgusting|ugly|disappointing|broken|dreadful|really poor|too slow|a waste of time|dirty|rude|noisy|cold and stale|overpriced|a nightmare|worse than expected|useless|cheaply made"
_NEUTRAL = "on the table|open from nine to five|in the second street|made of wood|next to the bank|three years old|on Monday|for two people|about average|called Rose|in the north"
_THING = "film|movie|book|song|meal|soup|hotel|room|game|show|phone|car|coat|shop|trip|concert|play|restaurant|teacher|service|party|museum|train|coffee|app|holiday|waiter|staff|food|bed|lamp|bike|story|bag|tea|dentist|beach|camera"
REVIEWS = {
    "positive": f"the {{{_THING}}} was {{{_GOOD}}}|I {{love|loved|like|enjoyed}} {{the|this|that}} {{{_THING}}}|what a {{{_GOOD}}} {{{_THING}}}|this {{{_THING}}} made me happy|I will come back to this {{{_THING}}}, it is {{{_GOOD}}}|"
    f"{{everything|the {{{_THING}}}}} {{works well|was fine and fast|exceeded my hopes}}|the {{{_THING}}} {{is the best I know|made my day|helped me a lot|runs smoothly}}|{{highly recommended|five stars|well done|good value}}, {{I will come again|thank you|my family loved it}}|"
    f"{{we|my children}} {{had a great time|were very pleased|laughed a lot}}{{ with the {{{_THING}}}|}}|I {{recommend|can't wait to use|am happy with}} this {{{_THING}}}{{ again|}}|the {{{_THING}}} was {{{_GOOD}}} and {{{_GOOD}}}|the {{staff|people}} were {{kind|helpful|so friendly}}",
    "negative": f"the {{{_THING}}} was {{{_BAD}}}|I {{hate|hated|dislike|did not like|regret}} {{the|this|that}} {{{_THING}}}|what a {{{_BAD}}} {{{_THING}}}|this {{{_THING}}} made me sad|I want my money back, the {{{_THING}}} was {{{_BAD}}}|"
    f"{{nothing|the {{{_THING}}} never}} {{works|worked|was good}}|the {{{_THING}}} {{is the worst I know|ruined my day|broke after a week|does not work at all}}|{{never again|one star|stay away|avoid this}}, {{it is a waste of money|we left early|I am very upset}}|"
    f"{{we|my children}} {{had a bad time|were bored|fell asleep}}{{ with the {{{_THING}}}|}}|I {{can't recommend|sent back|am unhappy with|complained about}} this {{{_THING}}}|the {{{_THING}}} was {{{_BAD}}} and {{{_BAD}}}|the {{staff|people}} were {{rude|unfriendly|no help}}|it {{stopped working|fell apart}} after {{a day|two uses}}",
    "neutral": f"the {{{_THING}}} is {{{_NEUTRAL}}}|I {{have|saw}} a {{{_THING}}} {{{_NEUTRAL}}}|the {{{_THING}}} was {{{_NEUTRAL}}}|there is a {{{_THING}}} {{{_NEUTRAL}}}",
}  # fmt: skip
_SPELLINGS = {"positive": "positive|good|pos", "negative": "negative|bad|neg", "neutral": "neutral|mixed|neutral"}
# bank: how often it is drawn
_BANKS = [(SUBJECTS, 4), (REVIEWS, 2.5), (MOODS, 1.6), (KINDS, 1.3), (SPAM, 1.2), (TONGUES, 1), (THINGS_BY_KIND, 1.2), (REQUESTS, 0.7), (_URGENT, 0.3)]


def _case(rng: Random) -> tuple[str, str, list[str]]:
    """Sentence template, its label, all labels."""
    bank = rng.choices([bank for bank, _ in _BANKS], [weight for _, weight in _BANKS])[0]
    names = list(bank)
    label = rng.choice(names)
    if bank in (SUBJECTS, MOODS, TONGUES, THINGS_BY_KIND, REQUESTS):
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
    listed = ", ".join(labels) if rng.random() < 0.6 else " or ".join(labels) if rng.random() < 0.5 else and_list(labels)
    system = ""
    if rng.random() < 0.2:
        system, user = phrase(rng, exam, "{classify|label|sort} {the text|each message|what the user writes}{:| as} {<l>|one of <l>}. {Answer with the label only.|Reply with one label.||Only the label.}", l=listed), text
    else:
        user = phrase(
            rng, exam,
            "{classify|label|categorize} {this|the text|the sentence|this text} {as|with one of|into} <l>: <t>|{<l>|is this <l>|which label fits, <l>|is it <l>}? <t>|Labels: <l>\nText: <t>{\nLabel:|}|<t>\n{Labels|Choose from|Pick one of|One of}: <l>|Text: <t>\nLabels: <l>\nAnswer:|"
            "<t>. {Is that <l>|Which one: <l>|Choose: <l>|What is it, <l>}?|{pick|choose} {the right label|the label|a label|one} {from|of|out of} <l>: <t>|what is {the topic|the label|this} ({<l>|one of <l>}): <t>|"
            "{classify|sort} {\"<t>\"|this: <t>} {as|into} <l>|{which|what} {of these|category} is {this|it}: <l>? <t>|put this into one of {the classes|the categories} <l>: <t>|which of <l> is \"<t>\"?",
            l=listed, t=text,
        )  # fmt: skip
    return [Turn(user, right, rf"^{right}\.?$", EXACT, system=system, choices=tuple(labels))]
