// Counters of what the API did, as Prometheus text. Knows names and numbers only.

export interface Metrics {
  promptTokens: number
  completionTokens: number
  running: number
  answered(route: string, status: number): void
  text(): string
}

export function createMetrics(): Metrics {
  const requests = new Map<string, number>()
  return {
    promptTokens: 0,
    completionTokens: 0,
    running: 0,
    answered(route, status) {
      const labels = `route="${route}",status="${status}"`
      requests.set(labels, (requests.get(labels) ?? 0) + 1)
    },
    text() {
      const lines = [
        ...sample(
          'infetch_prompt_tokens_total',
          'counter',
          'Prompt tokens of requests that were begun.',
          this.promptTokens,
        ),
        ...sample('infetch_completion_tokens_total', 'counter', 'Tokens generated.', this.completionTokens),
        ...sample('infetch_requests_running', 'gauge', 'Requests that are generating.', this.running),
        '# HELP infetch_requests_total Requests answered.',
        '# TYPE infetch_requests_total counter',
        ...[...requests].map(([labels, count]) => `infetch_requests_total{${labels}} ${count}`),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function sample(name: string, type: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`]
}
