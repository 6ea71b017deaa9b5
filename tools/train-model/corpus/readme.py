"""What infetch is and how it is used: the facts of its README, asked in many ways."""
from random import Random

from corpus.grammar import Turn, expand, phrase
from corpus.splits import EXACT

_HEY = "{||||||hi, |hello, |so, |ok, |please tell me: |and |can you tell me: }"

# (questions, answers, what an answer must hold)
FACTS: list[tuple[str, str, str]] = [
    ("how do I {install|get|add|download} infetch|how can I {install|get} infetch|how to install infetch|what do I type to install infetch|how do I add infetch to my project|which package do I install",
     "Install it with npm: npm install infetch.", "npm install infetch"),
    ("how do I {start|create|make|set up} {an engine|the engine|infetch}|how can I start {the engine|infetch}|how do I begin with infetch|what is the first line of code|how do I get started{ with infetch|}|what is createEngine{ for|}|what does createEngine do|how to use infetch",
     "Call await createEngine() and then engine.fetch. Without a model it loads me.", "createEngine\\(\\)"),
    ("how do I use {it|infetch|the engine|this} with {the OpenAI SDK|OpenAI's client|the OpenAI client|the openai package|OpenAI's library}|does {it|infetch} work with {the OpenAI SDK|the openai package|OpenAI's client}|can I use the OpenAI {SDK|client|library}|is there a client library|how do I connect {the OpenAI SDK|an OpenAI client}",
     "Yes: give the OpenAI client fetch: engine.fetch and any base URL, such as http://infetch/v1.", "engine\\.fetch"),
    ("which {formats|file formats|files|checkpoints|weights} {can|does} {infetch|it|the engine} {load|read|support}|what {formats|files} {are supported|does infetch support|can I load}|can {it|infetch} {load|read|open} {GGUF|safetensors|MLX|GPTQ|AWQ}{ files|}|does infetch {support|read} {GGUF|safetensors|MLX|GPTQ|AWQ}|is GGUF supported|can I use a GGUF file",
     "infetch reads safetensors (also MLX, GPTQ and AWQ) and GGUF files.", "safetensors.*GGUF"),
    ("which {models|architectures|model families} {can|does} {infetch|it|the engine} {run|support|load}|what {models|architectures} {are supported|work|can I run}|does {infetch|it} {run|support} {Llama|Mistral|Qwen|Gemma|Phi|Granite|SmolLM}|can {I|infetch|it} run {Llama|Mistral|Qwen|Gemma|Phi}{ models|}|is {Llama|Qwen|Gemma|Mistral} supported",
     "infetch runs Llama, Mistral, Qwen, Gemma, Phi, Granite and similar models.", "Llama.*Qwen"),
    ("which browsers {work|are supported|can I use|does infetch support}|what browser do I need|does {it|infetch} {work|run} in {Chrome|Firefox|Safari|Edge}|is {Chrome|Firefox|Safari|Edge} supported|which version of {Chrome|Firefox|Safari} do I need|in which browsers does {it|infetch} run",
     "It runs in Chrome and Edge 113, Safari 26 and Firefox where WebGPU is on.", "113"),
    ("does {it|infetch} {work|run} {in|on|with} Node|can I use {it|infetch} in {Node|node.js}|is Node supported|which version of Node do I need|how do I run {it|infetch} in Node|does {it|infetch} run on {a server|the command line} with Node",
     "Yes, in Node 20.19 or later, with npm install webgpu.", "20\\.19.*webgpu"),
    ("is there a {command line|CLI|command|terminal program}|how do I {use it|chat|run it} {in|from} {the terminal|the command line|a shell}|what is the command to chat|can I {chat|use infetch} from the {terminal|command line|shell}",
     "Yes: npx infetch chat, or npx infetch serve for a server.", "npx infetch"),
    ("how do I {start|run} {a server|an HTTP server|a local server}|can {it|infetch} {serve|be a server|run a server|answer over HTTP}|how do I serve {a model|it}|what does npx infetch serve do|is there a serve command",
     "npx infetch serve starts an OpenAI server on your computer.", "npx infetch serve"),
    ("what is the {license|licence}{ of infetch|}|which {license|licence} does infetch have|is infetch {free software|open source}|under which {license|licence} is {it|infetch}|may I use {it|infetch} {commercially|at work|in my product}|how is {it|infetch} licensed",
     "infetch has the MIT licence.", "MIT"),
    ("can {it|infetch} {stream|stream answers|stream tokens}|how do I stream{ an answer|}|does {it|infetch} support streaming|is streaming {possible|supported}|can I get the answer {word by word|token by token}|how do I get tokens as they come",
     "Yes: send stream: true, and the answer comes in pieces.", "stream: true"),
    ("can {it|infetch|you} {call tools|use tools|call functions|do function calling}|does {it|infetch} support {tools|tool calls|function calling|functions}|how do {tool calls|tools|functions} work|is function calling {possible|supported}|how do I give you tools|do you know tools",
     "Yes: send tools with your messages, and I answer with a call of one of them.", "tools.*call"),
    ("can {it|infetch|you} {answer in|write|make|return|produce} JSON|does {it|infetch} support {JSON mode|structured output|JSON Schema|response_format}|how do I get JSON|how can I {force|get} {JSON|structured output}|is structured output supported|can I give {a|you a} schema|what is response_format for",
     "Yes: send a schema as response_format, and the answer will fit it.", "response_format"),
    ("can {it|infetch} hold {an answer|the answer} to a {regex|regular expression|grammar|choice}|does {it|infetch} support {a regex|regular expressions|grammars|guided decoding|guided choice|constrained decoding}|how do I {limit|restrict|constrain} the answer|can I force one of some {words|choices|labels}|what is guided_choice",
     "Yes: guided_regex, guided_choice or guided_grammar hold the answer to a form.", "guided_"),
    ("what is {quantization|quantisation}|can {it|infetch} {quantize|quantise}{ weights| a model|}|which {weights|precisions|bits} {can I choose|are there|does infetch have}|how do I {save|use less} memory|can weights be {4|8} bits|what does the weights option do|does infetch support {4|8} bits",
     "Weights are held as f32, f16, q8 or q4: fewer bits need less memory.", "q8.*q4"),
    ("is the answer {always the same|deterministic|reproducible}|how do I get the same answer {again|twice}|what does {the seed|seed} do|can I set a seed|are answers {random|reproducible}|why do I get another answer each time|what is the seed for",
     "With the same seed you get the same answer.", "same seed"),
    ("what does {the temperature|temperature} do|what is {the temperature|temperature} for|how do I make {you|answers} {less|more} random|which temperature should I {take|use}|how do I make you more {creative|careful}|what is a good temperature",
     "temperature says how free the answer is: 0 takes the likeliest token.", "likeliest"),
    ("can {it|infetch} {answer|handle|run} {many|several|two} requests at {once|the same time}|does {it|infetch} {batch|do batching}|what happens with many requests|is there batching|can requests run in parallel|how many requests can I send",
     "Yes, many requests share one batch on the GPU.", "batch"),
    ("what is {the|a} prefix cache|does {it|infetch} {cache|remember} prompts|are prompts cached|is there a cache{ for prompts|}|why is the second request faster|what is shared between requests",
     "Equal beginnings of prompts share their keys and values, so they are computed once.", "share"),
    ("what happens with {unknown|wrong|other} {fields|parameters}|what if I send {a wrong|an unknown} {field|parameter}|are unknown fields an error|does {it|infetch} ignore fields|what is x-infetch-ignored",
     "Unknown fields are listed in the header x-infetch-ignored.", "x-infetch-ignored"),
    ("which {endpoints|routes|paths} {are there|does infetch have|can I call}|what {endpoints|routes} {are there|does it serve}|does {it|infetch} have {the responses API|completions|a models endpoint|/v1/completions|/v1/responses}|is the responses API supported",
     "There are chat completions, completions, responses, embeddings, models and tokenize.", "chat completions.*responses"),
    ("what is installFetch{ for|}|what does installFetch do|how do I {catch|answer} calls of {the global fetch|a library}|what if I cannot {give|pass} {a fetch|my own fetch}|can {it|infetch} replace the global fetch",
     "installFetch(engine) answers code whose fetch cannot be given.", "installFetch"),
    ("can {it|infetch} {train|fine-tune|finetune}{ models| a model|}|is {it|infetch} for training|how do I train a model with infetch|can I fine-tune you|does {it|infetch} support training|can I teach you something new",
     "No, infetch runs models, it does not train them.", "not train"),
    ("can {it|infetch|you} {see|read|understand|make} {images|pictures|photos}|can {it|infetch|you} {hear|understand} {sound|audio|speech}|does {it|infetch} support {images|vision|audio|sound|speech}|is there {image|audio|speech} support",
     "No, only text: no images and no sound.", "only text"),
    ("do I need a {GPU|graphics card|fast computer|strong GPU}|does {it|infetch} {run|work} without a {GPU|graphics card}|can {it|infetch} run on a {CPU|processor|slow computer}|is a GPU needed|what if I have no GPU|does it need special hardware",
     "A GPU is best. Without one a software adapter works, slowly.", "software adapter"),
    ("what is WGSL|in what language are the {kernels|shaders}|what are the kernels written in|what are kernels|does infetch use {CUDA|WebGL|WebAssembly|WASM}|who wrote the kernels|what is a kernel",
     "The kernels are written by hand in WGSL, the language of WebGPU.", "WGSL"),
    ("where do the {weights|files} come from|where are {models|weights} {downloaded from|loaded from}|can I load {a model|models} from {the hub|Hugging Face|a URL|a folder|my disk}|how do I load a model from {Hugging Face|a URL|a folder|files}|how do I name a model",
     "createEngine takes a hub name, a URL, a folder or files.", "hub.*folder|URL"),
    ("are {weights|models|downloads|files} {kept|stored|cached|saved}|do I have to download {it|the model} again|is the model {kept|saved|stored}|where are downloads kept|does it download every time|will it load faster the second time",
     "Downloads are kept on your device, so the next start is fast.", "kept"),
    ("does {it|infetch} support {beam search|logprobs|penalties|top_p|stop strings}|can I use {beam search|logprobs|top_k|stop strings|penalties}|which sampling {options|parameters|settings} are there|how do I change the sampling|what sampling does infetch have",
     "It has temperature, top_p, top_k, penalties, stop strings, logprobs and beam search.", "top_p.*beam"),
    ("how do I {stop|abort|cancel} {an answer|a request|the answer}|can I {stop|cancel|abort} a request|what happens when I abort|does {it|infetch} support AbortSignal|how do I interrupt you",
     "Abort the request as with any fetch, with an AbortSignal.", "AbortSignal"),
    ("what {does|is} {the name|the word} infetch{ mean|}|why is it called infetch|where does the name infetch come from|why the name infetch",
     "infetch does inference behind a function like fetch.", "inference"),
    ("how {long|big} {is|can} {your context|a chat|the prompt}{ be|}|what is your context{ length| size|}|how many tokens {fit|can you read|do you remember}|how long can my {text|message|prompt} be|what is the longest {chat|prompt}",
     "My context holds 1024 tokens.", "1024"),
    ("how many {words|tokens} are in your vocabulary|how big is your {vocabulary|tokenizer}|what tokenizer do you {use|have}|how many tokens do you know",
     "My vocabulary has 2048 tokens.", "2048"),
    ("is there a {demo|demo page|web page|playground}|how do I {see|start|open|run} the demo|where is the demo|can I try {it|infetch} in the browser|what does npm start do|how do I try infetch",
     "npm start serves the demo page.", "npm start"),
    ("how do I run the tests|how are the tests started|what does npm test do|is infetch tested|how do I test infetch",
     "npm test runs the tests, in Node and in a browser.", "npm test"),
    ("what {does|can} {engine.fetch|the engine} {do|take|return}|what is engine.fetch|what does fetch return|how is {it|engine.fetch} called|what do I get back from engine.fetch",
     "engine.fetch takes what fetch takes and returns a Response.", "Response"),
    ("how does {it|infetch} {compare|differ} {to|from} {a server|the cloud|an API|OpenAI}|why {should I use|use} infetch|what is {good|special} about infetch|what are the advantages of infetch|why not use a server",
     "No key, no account, no server: everything stays on your device.", "no server"),
    ("can {it|infetch} {make|compute} embeddings|does {it|infetch} support embeddings|how do I get {embeddings|an embedding}|is there an embeddings endpoint",
     "Yes: send text to /v1/embeddings.", "/v1/embeddings"),
]  # fmt: skip


def fact(rng: Random, exam: bool = False) -> list[Turn]:
    questions, answers, accept = rng.choice(FACTS)
    user = phrase(rng, exam, f"{_HEY}{{{questions}}}{{?|?|?|}}")
    reply = expand(rng, answers)
    first = answers.split()[0]
    return [Turn(user, first + reply[len(first):], accept, EXACT)]
