// node tools/run.mjs tools/eval-model/conversations.ts: twenty conversations with the embedded model, greedy, as Markdown for
// its card. What is said is written down here; the answers are the model's own.

import { haveAdapter } from '../../src/host/have-adapter.ts'
import { createEngine, type InfetchEngine } from '../../src/index.ts'

interface Conversation {
  readonly system?: string
  /** Names of TOOLS. */
  readonly tools?: readonly (keyof typeof TOOLS)[]
  readonly response_format?: object
  readonly said: readonly string[]
}

/** What the tools are, and what each gives back whatever it is asked. */
const TOOLS = {
  get_weather: {
    result: '{"temperature": 12, "condition": "rainy"}',
    description: 'Get current temperature for a given location.',
    parameters: {
      type: 'object',
      properties: { location: { type: 'string', description: 'City and country, e.g. Bogotá, Colombia' } },
      required: ['location'],
    },
  },
  calculator: {
    result: '{"result": 4071}',
    description: 'Evaluate an arithmetic expression',
    parameters: { type: 'object', properties: { expression: { type: 'string' } }, required: ['expression'] },
  },
  get_time: {
    result: '17:45',
    description: 'The time in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' }, city: { type: 'string' } },
  required: ['name', 'age', 'city'],
  additionalProperties: false,
}

const CONVERSATIONS: readonly Conversation[] = [
  { said: ['Hello!', 'What are you?', 'What can you do?'] },
  { said: ["hey, I'm Marlene", 'I have a dog called Bruno', "what's my name, and what is my dog called?"] },
  { said: ['Tell me a story about a fox who lost her hat.', 'Another one, please.'] },
  { said: ['What is 17 + 5?', 'and 64 - 19?', 'Which is bigger, 71 or 17?'] },
  { said: ['How do I install you?', 'Can I use GGUF files?', 'Does it work with the OpenAI SDK?'] },
  { said: ['Do you send my messages to a server?', 'What does it cost?', 'What is the license?'] },
  { said: ['Extract name, age and city as JSON: Paula is 34 years old and lives in Lisbon.'] },
  {
    response_format: { type: 'json_schema', json_schema: { name: 'person', schema: PERSON } },
    said: ['My name is Joachim, I am 52 and I live in Rostock.'],
  },
  {
    said: [
      'Is this positive or negative? The room was dirty and nobody helped us.',
      'And this: I loved the breakfast!',
    ],
  },
  { said: ['Classify as sports, food or travel: We missed our flight to Porto.'] },
  { tools: ['get_weather'], said: ['What is the weather like in Bogotá?', 'Thanks!'] },
  {
    tools: ['get_weather', 'calculator', 'get_time'],
    said: ['What is 177 * 23?', 'What time is it in Tokyo?', 'Tell me a joke.'],
  },
  { system: 'You are Pepper, a robot in a library.', said: ['Hi!', 'Who are you?', 'What is 3 + 4?'] },
  {
    system: 'The shop opens at 9 and closes at 18. The boss is Edith.',
    said: ['When does the shop open?', 'Who is the boss?'],
  },
  { said: ['How many minutes are in 3 hours?', 'What day comes 2 days after Friday?', 'Is 2024 a leap year?'] },
  {
    said: [
      'Write "good morning world" in capitals',
      'Reverse the words: one two three four',
      'What is the plural of mouse?',
    ],
  },
  { said: ['Anna has a red hat and Tom has a blue hat. What colour is the hat of Tom?', 'Spell banana.'] },
  { said: ['Bonjour !', 'How do I say thank you in Spanish?', 'What is the capital of Japan?'] },
  { said: ['Who will win the next election?', 'Explain quantum physics.', 'Can you write a poem?'] },
  { said: ['I feel a bit sad today', 'yes please', 'thank you, good night'] },
]

export async function main(): Promise<void> {
  await haveAdapter()
  const engine = await createEngine()
  try {
    for (const [i, conversation] of CONVERSATIONS.entries()) {
      const { system, tools, response_format } = conversation
      const notes = [
        system && `system: ${system}`,
        tools && `tools: ${tools.join(', ')}`,
        response_format && 'held to a schema',
      ]
      console.log(`\n**${i + 1}.** ${notes.filter(Boolean).join('; ')}\n`)
      await talk(engine, conversation)
    }
  } finally {
    await engine.close()
  }
}

async function talk(engine: InfetchEngine, { system, tools, response_format, said }: Conversation): Promise<void> {
  const offered = tools?.map((name) => {
    const { description, parameters } = TOOLS[name]
    return { type: 'function', function: { name, description, parameters } }
  })
  const messages: object[] = system === undefined ? [] : [{ role: 'system', content: system }]
  for (const content of said) {
    console.log(`> ${content}\n`)
    messages.push({ role: 'user', content })
    for (;;) {
      const message = await reply(engine, { messages, response_format, tools: offered })
      messages.push(message)
      if (message.content) console.log(`${message.content.replaceAll('\n', '\\\n')}\n`)
      if (!message.tool_calls) break
      for (const { id, function: called } of message.tool_calls) {
        const { result } = TOOLS[called.name]
        console.log(`calls \`${called.name}(${called.arguments})\`, is given \`${result}\`\n`)
        messages.push({ role: 'tool', tool_call_id: id, content: result })
      }
    }
  }
}

interface Message {
  readonly content: string | null
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: keyof typeof TOOLS; readonly arguments: string }
  }[]
}

async function reply(engine: InfetchEngine, request: object): Promise<Message> {
  const body = JSON.stringify({ model: engine.models[0]!.id, temperature: 0, max_tokens: 120, ...request })
  const response = await engine.fetch('/v1/chat/completions', { method: 'POST', body })
  const answer = await response.json()
  if (!response.ok) throw new Error(`Cannot talk: ${answer.error.message}`)
  return answer.choices[0].message
}
