// The openai package: responses, as a user would write them.

import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { collect, MODEL, openAi, STORY, type Stage, SUM } from './stage.ts'

export function openAiResponsesCases(stage: Stage): void {
  const { responses } = openAi(stage)
  const sum = { model: MODEL, input: SUM, temperature: 0 }

  describe('openai: responses', () => {
    it('create, withResponse', async () => {
      const { data, request_id } = await responses.create(sum).withResponse()
      expect(data).toMatchObject({ status: 'completed', output_text: expect.stringContaining('5') })
      expect(request_id).toMatch(/^req_/)
    })

    it('create with stream', async () => {
      const events = await collect(await responses.create({ ...sum, stream: true }))
      expect([events[0]!.type, events.at(-1)!.type]).toEqual(['response.created', 'response.completed'])
      const deltas = events.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : []))
      expect(deltas.join('')).toBe((await responses.create(sum)).output_text)
      expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i))
    })

    it('the stream helper', async () => {
      const stream = responses.stream({ ...sum, include: ['message.output_text.logprobs'] })
      let text = ''
      stream.on('response.output_text.delta', ({ delta, snapshot }) => {
        text += delta
        expect(snapshot).toBe(text)
      })
      expect(await stream.finalResponse()).toMatchObject({ status: 'completed', output_text: text })
    })

    it('a conversation: previous_response_id, retrieve, inputItems, delete', async () => {
      const { id } = await responses.create({ ...sum, input: 'My name is Tom.' })
      const next = await responses.create({ ...sum, input: 'Hello!', previous_response_id: id })
      expect(next.previous_response_id).toBe(id)
      expect((await responses.retrieve(next.id)).output_text).toBe(next.output_text)
      expect(await collect(responses.inputItems.list(next.id, { limit: 2, order: 'asc' }))).toHaveLength(3)
      await responses.delete(next.id)
      await expect(responses.retrieve(next.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    })

    it('cancel, abort, and leaving the loop', async () => {
      const story = { model: MODEL, input: STORY, max_output_tokens: 300 }
      const { id, status } = await responses.create({ ...story, background: true })
      expect(status).toBe('in_progress')
      expect((await responses.cancel(id)).status).toBe('cancelled')
      await stage.allFreed()
      const stop = new AbortController()
      const answer = responses.create(story, { signal: stop.signal })
      setTimeout(() => stop.abort(), 30)
      await expect(answer).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
      for await (const _ of await responses.create({ ...story, stream: true })) break
      await stage.allFreed()
    })
  })
}
