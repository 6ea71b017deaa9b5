"""What sentences tell of: kinds of records, their fields, the ways to say them."""

# record: (fields: slot: (key spellings, kind of value); sentences)
RECORDS: list[tuple[dict[str, tuple[str, str]], str]] = [
    (
        {"n": ("name|name|person|full_name|customer", "name"), "a": ("age|age|years", "age"), "c": ("city|city|town|home|location", "city"), "j": ("job|job|profession|occupation|work", "job")},
        "{<n> is <a> years old, lives in <c> and works as a <j>|<n>, <a>, is a <j> from <c>|my friend <n> is a <a> year old <j> in <c>|this is <n>, a <j> of <a> years. <n> lives in <c>|"
        "<n> ({age |}<a>) lives in <c>. Job: <j>|in <c> lives a <j> called <n>, who is <a>|<n> is a <j>. <n> is <a> and comes from <c>|meet <n> from <c>, <a> years old, a <j>|"
        "the <j> <n> from <c> is <a>|<n> works as a <j> in <c> and is <a> years old|at <a>, <n> became a <j> in <c>|I am a <j> in <c>, my name is <n> and I am <a>|a <a> year old <j>, <n>, moved to <c>|<c> is the home of <n>, a <j> aged <a>|"
        "our new neighbour <n>, a <j>, is <a> and was born in <c>|<a> years old, from <c>, a <j>: that is <n>|name: <n>, age: <a>, city: <c>, job: <j>}",
    ),
    (
        {"n": ("name|name|person|user|guest", "name"), "a": ("age", "age"), "c": ("city|city|town|place", "city")},
        "{<n> is <a> years old and lives in <c>|<n>, <a>, lives in <c>|<n> from <c> is <a>|my name is <n>, I am <a> and I live in <c>|I am <n>, <a> years old, from <c>|<n> lives in <c> and is <a> years old|<n> turned <a> in <c>|"
        "in <c>, <n> celebrated being <a>|<a> year old <n> comes from <c>|<n> was born in <c> <a> years ago|<n> is <a>. <n> has moved to <c>|hi, I'm <n> from <c> and I'm <a>|they call me <n>, I am <a>, my home is <c>|in <c> I met <n>, who is <a>|"
        "<n> (<a>, <c>)|<n>, who lives in <c>, is <a> years old|now <a>, <n> still lives in <c>}",
    ),
    (
        {"n": ("name|name|contact|person", "name"), "e": ("email|email|mail|email_address", "email"), "p": ("phone|phone|phone_number|number", "phone")},
        "{<n> can be reached at <e> or <p>|write to <n>: <e>, or call <p>|contact: <n>, <e>, <p>|<n> has the number <p> and the address <e>|call <n> at <p> or mail <e>|my name is <n>, my mail is <e>, my phone is <p>|<n>, phone <p>, email <e>|"
        "please ring <n> on <p> or write to <e>|for questions ask <n> (<p>, <e>)|<e> and <p> belong to <n>|send it to <e>; <n> also answers <p>|this is <n>. You can call <p>. You can mail <e>|tel. <p>, <n>, <e>|dial <p> for <n>, or use <e>|<n> changed the number to <p> and the mail to <e>}",
    ),
    (
        {"n": ("customer|name|buyer|client", "name"), "q": ("quantity|quantity|count|amount", "count"), "p": ("product|product|item|article", "product"), "r": ("price|price|cost|total", "price")},
        "{<n> bought <q> <p>s for <r> {euros|dollars}|<n> ordered <q> <p>s, price <r>|<q> <p>s for <n>, that is <r> {euros|dollars}|order from <n>: <q> <p>s at <r> {euros|dollars}|<n> wants <q> <p>s and pays <r>|sold <q> <p>s to <n> for <r>|"
        "<n> paid <r> {euros|dollars} for <q> <p>s|for <q> <p>s, <n> gave us <r> {euros|dollars}|we sent <q> <p>s to <n>, the bill is <r>|invoice: <n>, <q> <p>s, <r> {euros|dollars}|at <r> {euros|dollars}, <n> took <q> <p>s|<q> <p>s cost <n> <r> {euros|dollars}|"
        "please send <n> <q> <p>s, I pay <r>|<n> needs <q> <p>s that cost <r>|deliver <q> <p>s to <n> and ask for <r> {euros|dollars}|<n> spent <r> {euros|dollars} on <q> <p>s|<r> {euros|dollars} from <n> for <q> <p>s|{request|parcel|delivery|purchase|shipment|bill|basket} {of|for|from|by} <n>: <q> <p>s at <r> {euros|dollars|yen}|{a purchase|an order} by <n>: <q> <p>s, <r> {euros|dollars}|<n> {took|chose|picked|bought|got} <q> <p>s at <r> {euros|dollars|yen}|<q> <p>s at <r> {euros|dollars}, {buyer|customer|ordered by}: <n>}",
    ),
    (
        {"p": ("product|product|item|name", "product"), "c": ("color|color|colour", "color"), "r": ("price|price|cost", "price")},
        "{the <c> <p> costs <r> {euros|dollars}|a <c> <p> for <r> {euros|dollars}|we sell a <c> <p> at <r>|I want the <c> <p> that costs <r>|<p>, <c>, <r> {euros|dollars}|buy our <p> in <c> for only <r>|"
        "for <r> {euros|dollars} you get a <p> in <c>|this <p> is <c> and costs <r>|the price of the <c> <p> is <r>|I paid <r> for a <c> <p>|<r> {euros|dollars} for one <c> <p>|our <p>: colour <c>, price <r>|a <p> painted <c>, yours for <r>|new in the shop: a <c> <p> at <r> {euros|dollars}}",
    ),
    (
        {"t": ("title|title|event|name", "title"), "d": ("date|date|day|when", "date"), "c": ("city|place|location|where|city", "city")},
        "{<t> takes place in <c> on <d>|on <d> there is <t> in <c>|<t>, <c>, <d>|come to <t> in <c> on <d>|the event <t> is on <d> in <c>|see you at <t> on <d>, in <c>|"
        "in <c> they show <t> on <d>|don't miss <t>: <d>, <c>|<c> invites you to <t> on <d>|the date of <t> is <d>, the place <c>|on <d>, <c> will see <t>|<d>: <t> in <c>|join us for <t> in <c>, <d>|<t> begins on <d>, we meet in <c>|we celebrate <t> on <d> in <c>}",
    ),
    (
        {"t": ("title|title|book|name", "title"), "n": ("author|author|writer|by", "name"), "y": ("year|year|published", "year")},
        "{<t> was written by <n> in <y>|<n> wrote <t> in <y>|the book <t> by <n> came out in <y>|<t>, <n>, <y>|in <y>, <n> published <t>|I read <t> by <n>, from <y>|"
        "<t> by <n> (<y>)|<n> is the author of <t>, printed in <y>|<y> saw the book <t> by <n>|the writer <n> finished <t> in <y>|my favourite book is <t>, <n> wrote it in <y>|<n>: <t>, <y>|published <y>: <t> by <n>|have you read <t>? <n> wrote it in <y>|a novel of <y>, <t>, made <n> famous}",
    ),
    (
        {"p": ("pet|name|pet_name", "name"), "k": ("animal|kind|species|type", "animal"), "n": ("owner|owner|person", "name")},
        "{<p> is a <k> and belongs to <n>|<n> has a <k> called <p>|the <k> <p> lives with <n>|<n>'s <k> is called <p>|<p> the <k> is at home with <n>|"
        "<n> owns a <k>, its name is <p>|<n> feeds the <k> <p> every day|<p>, a <k>, sleeps at the house of <n>|my name is <n> and my <k> is <p>|<n> takes the <k> <p> to the vet|a <k> named <p> came to <n>|<n> is the owner of <p>, a <k>|the pet of <n> is <p>, a <k>|for sale: <k> <p>, ask <n>}",
    ),
    (
        {"a": ("from|origin|start|departure", "city"), "b": ("to|destination|end|arrival", "city"), "t": ("time|time|departure_time|at", "time"), "d": ("date|date|day", "date")},
        "{the train from <a> to <b> leaves at <t> on <d>|on <d> at <t> I go from <a> to <b>|flight <a> to <b>, <d>, <t>|from <a> to <b> on <d> at <t>|I need a ticket from <a> to <b> on <d> at <t>|we leave <a> on <d> at <t> and go to <b>|"
        "the {bus|plane|ship} to <b> leaves <a> at <t> on <d>|I travel to <b> from <a> on <d>, <t>|<d>, <t>: train <a> to <b>|departure <a> <t>, destination <b>, <d>|book me from <a> to <b>, <d> at <t>|to <b> at <t> on <d>, starting in <a>|at <t> on <d> the {bus|ferry} goes from <a> to <b>|"
        "<a> to <b> at <t> on <d>, please|my trip starts in <a> on <d> at <t> and ends in <b>|bus from <a>, <d>, <t>, to <b>|{train|bus|ferry|plane|trip|ticket|ride|drive|ship|tour|express} <a> to <b>, <d>, <t>|{train|bus|ferry|plane|ship} <a> to <b>: <t>, <d>|my {trip|journey|way} <a> to <b>, <d>, <t>}",
    ),
    (
        {"n": ("employee|name|person", "name"), "j": ("job|position|role|title", "job"), "o": ("company|company|employer|organization", "company"), "y": ("since|year|started", "year")},
        "{<n> has worked as a <j> at <o> since <y>|since <y>, <n> is a <j> at <o>|<o> hired <n> as a <j> in <y>|<n>, <j>, <o>, since <y>|in <y>, <n> became a <j> at <o>|"
        "<n> joined <o> as a <j> in <y>|<o> has a new <j> since <y>: <n>|the <j> <n> came to <o> in <y>|in <y> <o> gave <n> a job as a <j>|<n> was taken on by <o> in <y> as a <j>|at <o>, <n> works as a <j>, since <y>|<o> employs <n>, a <j>, since <y>|<o> found a <j> in <y>, <n>|"
        "my name is <n>, I am a <j> at <o> since <y>|<y>: <n> starts at <o> as a <j>|<n> went to work for <o> in <y>, as a <j>|<n> (<j>, <o>, <y>)|<o> made <n> its <j> in <y>|a <j> called <n> works for <o> since <y>|"
        "<o> {employed|took on|chose|engaged|recruited|appointed|picked|named|signed|welcomed|brought in|accepted|selected|wanted|paid|trained} <n> as {a|its|the new} <j> {in|from|since} <y>|in <y>, <o> {employed|chose|recruited|appointed|took on} <n>, a <j>|"
        "<o> {found|needed|got} a <j> in <y>: <n>}",
    ),
    (
        {"n": ("guest|name|visitor", "name"), "r": ("room|room|room_number", "room"), "k": ("nights|nights|days", "score"), "c": ("hotel|hotel|place", "hotel")},
        "{<n> stays in room <r> of the <c> for <k> nights|<c>, room <r>, <n>, <k> nights|<n> booked room <r> at the <c> for <k> nights|for <n>: room <r>, <k> nights, <c>|"
        "the <c> gave <n> room <r> for <k> nights|<n>, <c>, room <r>, <k> nights|at the <c>, <n> sleeps in room <r> for <k> nights|<k> nights in room <r> of the <c> for <n>|room <r> of the <c> is for <n>, <k> nights|please book <k> nights at the <c> for <n>, room <r>|"
        "<n> will be at the <c> for <k> nights, room <r>|my name is <n>, I have room <r> in the <c> for <k> nights|<c>: <n> has room <r> and stays <k> nights|<k> nights, <c>, room <r>: <n>|<n> wants room <r> of the <c>, <k> nights|hotel <c>, room <r>, guest <n>, <k> nights|<c>; room <r>; <n>; <k> nights|<c>, <n>, <k> nights, room <r>|<c>, room <r>: <n>, <k> nights|<c>, room <r> for <n>, <k> nights|{place|stay|hotel}: <c>, room <r>, <n>, <k> nights}",
    ),
    (
        {"a": ("home|team1|first|winner", "city"), "b": ("away|team2|second|loser", "city"), "x": ("goals1|score1|home_score", "score"), "y": ("goals2|score2|away_score", "score")},
        "{<a> won <x> to <y> against <b>|<a> <b> <x>:<y>|<a> played <b> and it ended <x> to <y>|the game <a> against <b> ended <x> to <y>|"
        "<a> against <b>: <x> to <y>|<a> <x>, <b> <y>|<a> beat <b> <x> to <y>|<a> scored <x>, <b> scored <y>|it was <x>:<y> between <a> and <b>|<x> to <y> for <a> against <b>|final score: <a> <x>, <b> <y>|with <x> to <y>, <a> beat <b>}",
    ),
    (
        {"n": ("patient|name|person", "name"), "d": ("doctor|doctor|physician", "name"), "w": ("date|date|day|when", "date"), "t": ("time|time|at|hour", "time")},
        "{<n> sees doctor <d> on <w> at <t>|doctor <d> has time for <n> on <w> at <t>|appointment: <n>, doctor <d>, <w>, <t>|on <w> at <t>, <n> goes to doctor <d>|<n> has an appointment with doctor <d>, <w>, <t>|doctor <d> will look at <n> at <t> on <w>|"
        "please come at <t> on <w>, <n>, doctor <d> expects you|at <t> on <w> doctor <d> sees <n>|my name is <n>, I want to see doctor <d> on <w> at <t>}",
    ),
    (
        {"n": ("sender|from|name", "name"), "m": ("receiver|to|recipient", "name"), "p": ("item|product|thing|object", "product"), "c": ("city|place|address", "city")},
        "{<n> sent a <p> to <m> in <c>|a <p> from <n> for <m>, <c>|<m> in <c> got a <p> from <n>|parcel from <n> to <m>, <c>: a <p>|<n> mails <m> a <p> in <c>|bring this <p> from <n> to <m> in <c>|<m>, <c>, will receive a <p> from <n>|<n> has a <p> for <m>, who lives in <c>}",
    ),
    (
        {"p": ("dish|food|meal", "food"), "n": ("cook|chef|name", "name"), "t": ("minutes|time|duration", "count"), "q": ("people|servings|guests", "score")},
        "{<n> cooks <p> for <q> people in <t> minutes|<p> by <n>, <t> minutes, for <q>|it takes <n> <t> minutes to make <p> for <q> people|for <q> guests, <n> made <p> in <t> minutes|<q> people eat the <p> that <n> made in <t> minutes|chef <n> needs <t> minutes for <p>, enough for <q>|<p>: <t> minutes, <q> people, cook <n>}",
    ),
    (
        {"t": ("song|title|track", "title"), "n": ("artist|singer|musician", "name"), "l": ("minutes|length|duration", "score"), "y": ("year|year|released", "year")},
        "{<n> sang <t> in <y>, it lasts <l> minutes|<t> by <n>, <l> minutes, <y>|the song <t> by <n> is from <y> and <l> minutes long|in <y> <n> recorded <t>, <l> minutes|<l> minutes of <t> by <n>, released in <y>|<n> released <t> in <y> ({length |}<l> minutes)|play <t> by <n> from <y>, <l> minutes}",
    ),
    (
        {"c": ("city|city|place|town", "city"), "t": ("temperature|temperature|degrees", "weight"), "w": ("weather|weather|condition|sky", "sky"), "d": ("date|date|day", "date")},
        "{in <c> it is <w>, <t> degrees, on <d>|<c>, <d>: <w>, <t> degrees|on <d> it was <w> and <t> degrees in <c>|the weather in <c> on <d> is <w> with <t> degrees|<t> degrees and <w> in <c> on <d>|<d>: <c> has <t> degrees and is <w>|it will be <w> in <c> on <d>, <t> degrees|<w> skies over <c>, <t> degrees, <d>}",
    ),
    (
        {"c": ("country|country|nation", "country"), "n": ("name|name|traveller|person", "name"), "k": ("days|days|nights", "count"), "m": ("vehicle|transport|by", "vehicle")},
        "{<n> goes to <c> by <m> for <k> days|<k> days in <c> by <m>: <n>|by <m>, <n> travelled to <c> for <k> days|<n> spent <k> days in <c> and came by <m>|for <k> days <n> will be in <c>, going by <m>|<n>, <c>, <m>, <k> days|to <c> by <m> goes <n>, for <k> days|<n> took the <m> to <c> and stayed <k> days}",
    ),
    (
        {"s": ("subject|topic|title", "title"), "n": ("speaker|teacher|name|by", "name"), "r": ("room|room|room_number", "room"), "t": ("time|time|start|at", "time")},
        "{<n> talks about <s> in room <r> at <t>|<s>, <n>, room <r>, <t>|at <t> in room <r>: <s> by <n>|room <r>, <t>: <n> speaks about <s>|the lesson <s> with <n> is in room <r> at <t>|<n> teaches <s> at <t> in room <r>|come to room <r> at <t> to hear <n> on <s>|<s> starts at <t> in room <r> with <n>}",
    ),
    (
        {"c": ("model|car|name", "thing"), "b": ("brand|maker|company", "company"), "y": ("year|year|built", "year"), "k": ("color|colour|color", "color"), "r": ("price|price|cost", "price")},
        "{the <k> <c> by <b>, built in <y>, costs <r>|<b> <c>, <y>, <k>, <r> {euros|dollars}|for sale: a <k> <c> made by <b> in <y>, <r>|<b> built this <k> <c> in <y>; it costs <r>|I sell my <k> <c> from <b>, year <y>, for <r> {euros|dollars}|in <y> <b> made the <c>; in <k> it is <r>}",
    ),
]  # fmt: skip
NEVER_TOLD = ("phone", "salary", "hobby", "country", "zip", "nickname", "website", "email", "street", "birthday", "weight", "notes", "language")
