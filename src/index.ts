// infetch: inference behind fetch. What a user of the package sees.

export type { EngineOptions, InfetchEngine, InfetchInfo, ModelInfo } from './create-engine.ts'
export { checkSupport, createEngine } from './create-engine.ts'
export { type InstallFetchOptions, installFetch } from './host/install-fetch.ts'
export type { AdapterDescription } from './webgpu/device.ts'
export { ModelError } from './weights/errors.ts'
export type { BlobStore, DownloadOptions, HubOptions } from './weights/files.ts'
export { deleteCached, evictCached, listCached } from './weights/kept-models.ts'
export type { LoadPhase, LoadProgress } from './weights/progress.ts'
export type { ModelSource } from './weights/source.ts'
