// LangChain's ChatOpenAI: an answer, a streamed answer, an object, a tool.

import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { createEngine } from 'infetch'
import { z } from 'zod'

const engine = await createEngine()
const configuration = { baseURL: 'http://infetch/v1', fetch: engine.fetch }
const chat = new ChatOpenAI({ model: engine.models[0].id, apiKey: 'local', temperature: 0, configuration })

console.log((await chat.invoke('What is 17 + 25?')).text)

let joke = ''
for await (const chunk of await chat.stream('Tell me a joke.')) joke += chunk.text
console.log(joke)

const person = chat.withStructuredOutput(z.object({ name: z.string(), age: z.number().int() }))
const { name, age } = await person.invoke('Give me JSON: Tom is 7 years old')
console.log(`${name}, ${age}`)

const add = tool(async ({ a, b }) => String(a + b), {
  name: 'add',
  description: 'Adds two numbers.',
  schema: z.object({ a: z.number().int(), b: z.number().int() }),
})
const question = new HumanMessage('Add 17 and 25.')
const asked = await chat.bindTools([add], { tool_choice: 'required', parallel_tool_calls: false }).invoke([question])
const [call] = asked.tool_calls
const sum = await add.invoke(call.args)
console.log(`${call.name}(${call.args.a}, ${call.args.b}) = ${sum}`)
const result = new ToolMessage({ content: sum, tool_call_id: call.id })
console.log((await chat.invoke([question, asked, result])).text)

await engine.close()
