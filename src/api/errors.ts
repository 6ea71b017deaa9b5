// Errors as OpenAI's server words them. Knows statuses and bodies, not what went wrong.

export interface ErrorDetails {
  readonly status: number
  readonly message: string
  readonly type?: string
  readonly param?: string | null
  readonly code?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** What a request is answered with when it cannot be served. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: string
  readonly param: string | null
  readonly code: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor({
    status,
    message,
    type = 'invalid_request_error',
    param = null,
    code = null,
    headers = {},
    cause,
  }: ErrorDetails) {
    super(message, { cause })
    this.status = status
    this.type = type
    this.param = param
    this.code = code
    this.headers = headers
  }

  get body(): {
    readonly error: Readonly<
      Record<'message', string> & Record<'type', string> & Record<'param' | 'code', string | null>
    >
  } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

export function badRequest(message: string, param: string | null, code: string | null = 'invalid_value'): ApiError {
  return new ApiError({ status: 400, message, param, code })
}

/** A field that is known but not served, or not with this value. */
export function unsupported(param: string, why: string): ApiError {
  return badRequest(`Unsupported parameter: '${param}': ${why}`, param, 'unsupported_parameter')
}

export function modelNotFound(id: string): ApiError {
  return new ApiError({
    status: 404,
    message: `The model '${id}' does not exist`,
    param: 'model',
    code: 'model_not_found',
  })
}

export function modelLoading(): ApiError {
  return new ApiError({
    status: 503,
    message: 'The model is still loading; try again shortly',
    type: 'server_error',
    code: 'model_loading',
    headers: { 'retry-after': '1' },
  })
}

/** A fault of ours: what came was none of the errors a request can cause. `retry`: asking again may help. */
export function serverError(cause: unknown, { retry = false }: { readonly retry?: boolean } = {}): ApiError {
  return new ApiError({
    status: 500,
    message: cause instanceof Error ? cause.message : String(cause),
    type: 'server_error',
    code: 'server_error',
    headers: retry ? {} : { 'x-should-retry': 'false' },
    cause,
  })
}
