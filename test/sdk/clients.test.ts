// Clients written for OpenAI on the embedded model, nothing but them and our fetch: in Node on the CPU runner, which is faster
// than a software GPU; in a page on the GPU.

import { afterAll, afterEach, expect } from 'vitest'
import { createFetch } from '../../src/api/router.ts'
import { startEngine } from '../../src/create-engine.ts'
import { embeddedModel } from '../../src/embedded-model.ts'
import type { LoadProgress } from '../../src/index.ts'
import { cpuHost } from '../support/cpu-host.ts'
import { testGpu } from '../support/device.ts'
import { aiCases } from './ai.ts'
import { langChainCases } from './langchain.ts'
import { objectCases } from './objects.ts'
import { openAiChatCases } from './openai-chat.ts'
import { openAiErrorCases, openAiLoadingCases, openAiLostDeviceCases } from './openai-errors.ts'
import { openAiResourceCases } from './openai-resources.ts'
import { openAiResponsesCases } from './openai-responses.ts'
import { KEY, MODEL, type Stage } from './stage.ts'
import { toolCases } from './tools.ts'

Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
const inPage = typeof document !== 'undefined'
const { stage, close, lose } = inPage ? await gpuStage() : await cpuStage()
afterEach(() => stage.allFreed())
afterAll(close)

openAiLoadingCases(stage)
openAiChatCases(stage)
openAiResponsesCases(stage)
openAiResourceCases(stage)
aiCases(stage)
langChainCases(stage)
objectCases(stage)
toolCases(stage)
openAiErrorCases(stage)
if (lose) openAiLostDeviceCases(stage, lose)

async function cpuStage() {
  const { host, engine } = await cpuHost(embeddedModel, MODEL)
  host.apiKey = KEY
  host.state = 'loading'
  setTimeout(() => {
    host.state = 'ready'
  }, 500)
  const stage: Stage = { fetch: createFetch(host), allFreed: () => freed(() => engine.info) }
  return { stage, close: () => engine.close(), lose: undefined }
}

async function gpuStage() {
  const { device } = await testGpu()
  const progress: LoadProgress[] = []
  const { fetch, ready } = startEngine({ device, apiKey: KEY, onProgress: (event) => progress.push(event) })
  const stage: Stage = {
    fetch,
    async allFreed() {
      const engine = await ready
      await freed(() => engine.info.models[0]!.engine)
    },
  }
  const close = async () => {
    for (const phase of ['convert', 'compile']) {
      const { loaded, total } = progress.findLast((event) => event.phase === phase)!
      expect(loaded).toBe(total)
    }
    const engine = await ready
    await engine.close()
    expect(engine.info.bytesInUse).toBe(0)
  }
  return { stage, close, lose: () => device.destroy() }
}

async function freed(
  info: () => { readonly state: string; readonly blocks: { readonly used: number } },
): Promise<void> {
  for (let tries = 0; info().state === 'ready' && info().blocks.used > 0; tries++) {
    expect(tries).toBeLessThan(100)
    await new Promise((go) => setTimeout(go, 20))
  }
}
