// Functions that the model may call and this page runs. The weather is made up.

import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction'

// biome-ignore lint/suspicious/noExplicitAny: each tool takes what its own parameters say
type Tool = RunnableToolFunctionWithParse<any>

const tool = <Given extends object>(
  name: string,
  description: string,
  properties: Readonly<Record<string, object>>,
  run: (given: Given) => object,
): Tool => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
    parse: (text) => JSON.parse(text),
    function: run,
  },
})

const city = { type: 'string', maxLength: 40 }
const whole = { type: 'integer', minimum: -9999, maximum: 9999 }

export const tools: readonly Tool[] = [
  tool('get_weather', 'The weather in a city now', { city }, ({ city }: { city: string }) => ({
    city,
    weather: ['sunny', 'cloudy', 'rainy', 'windy'][city.length % 4],
    celsius: 5 + ((city.length * 7) % 20),
  })),
  tool(
    'calculate',
    'The value of a sum, difference or product',
    { a: whole, operator: { enum: ['+', '-', '*'] }, b: whole },
    ({ a, operator, b }: { a: number; operator: string; b: number }) => ({
      result: operator === '+' ? a + b : operator === '-' ? a - b : a * b,
    }),
  ),
  tool('get_time', 'The time now', {}, () => ({ time: new Date().toTimeString().slice(0, 5) })),
]
