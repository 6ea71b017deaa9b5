// The string formats that are asserted, as regexes of the whole string. Other format names are annotations. Knows nothing of
// how a format is put to use.

// biome-ignore format: one a line
const date = (() => {
  const m31 = '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])'
  const m30 = '(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)'
  const m28 = '02-(?:0[1-9]|1\\d|2[0-8])'
  const leap = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29'
  return `(?:\\d{4}-(?:${m31}|${m30}|${m28})|${leap})`
})()

// A leap second only where it can be: 23:59:60 in UTC, so at an offset, the matching minute. Left to plain UTC here.
const offset = '(?:[zZ]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)'
const time = `(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?${offset}|23:59:60(?:\\.\\d+)?(?:[zZ]|[+-]00:00))`
// Labels spelled xn-- would have to be checked against Unicode's tables: none of them is taken.
const label = '(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = `${byte}(?:\\.${byte}){3}`

const h16 = '[0-9a-fA-F]{1,4}'
const ls32 = `(?:${h16}:${h16}|${ipv4})`
const ipv6 = [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
].join('|')

const pct = '%[0-9a-fA-F]{2}'
const unreserved = "A-Za-z0-9._~!$&'()*+,;=\\-"
const pchar = `(?:[${unreserved}:@]|${pct})`
const authority = `(?:(?:[${unreserved}:]|${pct})*@)?(?:\\[(?:${ipv6}|[vV][0-9a-fA-F]+\\.[${unreserved}:]+)\\]|(?:[${unreserved}]|${pct})*)(?::\\d*)?`
const tail = `(?:\\?(?:${pchar}|[/?])*)?(?:#(?:${pchar}|[/?])*)?`
const scheme = '[A-Za-z][A-Za-z0-9+.-]*'
const hierarchy = `(?://${authority}(?:/${pchar}*)*|/(?:${pchar}+(?:/${pchar}*)*)?|${pchar}+(?:/${pchar}*)*|)`
const relative = `(?://${authority}(?:/${pchar}*)*|/(?:${pchar}+(?:/${pchar}*)*)?|(?:[${unreserved}@]|${pct})+(?:/${pchar}*)*|)`
const uri = `${scheme}:${hierarchy}${tail}`
// Some readers want something after the colon.
const fullUri = `${scheme}:(?=[^?#])${hierarchy}${tail}`
const uriReference = `(?:${uri}|${relative}${tail})`

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const digits = '\\d+'
const week = `P${digits}W`
const clock = `T(?:${digits}H(?:${digits}M(?:${digits}S)?)?|${digits}M(?:${digits}S)?|${digits}S)`
const days = `(?:${digits}Y(?:${digits}M(?:${digits}D)?)?|${digits}M(?:${digits}D)?|${digits}D)`
// A regex that every reader takes: literal characters, simple classes, escapes and groups two deep.
const simple =
  '(?:[^\\\\^$.*+?()\\[\\]{}|\\n\\r]|\\\\[dDwWsStnrfv.*+?()\\[\\]{}|^$/\\\\]|\\.|\\[\\^?(?:[A-Za-z0-9_ ]|\\\\[dwsDWS\\]\\\\])+\\])'
const quantity = '(?:[*+?]|\\{\\d{1,2}\\})?'
const flat = `(?:${simple}${quantity}|[\\^$|])*`
const inner = `(?:${flat}(?:\\((?:\\?:)?${flat}\\)${quantity})?)*`
const group = `\\((?:\\?:)?${inner}\\)${quantity}`

const sources: Record<string, string> = {
  date,
  time,
  'date-time': `${date}[tT]${time}`,
  duration: `(?:${week}|P(?:${days}(?:${clock})?|${clock}))`,
  email: `(?=.{1,64}@)${atom}(?:\\.${atom})*@(?=.{1,253}$)${label}(?:\\.${label})+`,
  hostname: `(?=.{1,253}$)${label}(?:\\.${label})*`,
  ipv4,
  ipv6: `(?:${ipv6})`,
  uri: fullUri,
  'uri-reference': uriReference,
  iri: fullUri,
  'iri-reference': uriReference,
  uuid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  'json-pointer': '(?:/(?:[^~/]|~[01])*)*',
  'relative-json-pointer': '(?:0|[1-9]\\d*)(?:#|(?:/(?:[^~/]|~[01])*)*)',
  'uri-template': `(?:[!#$&(-;=?-Z\\[\\]_a-z~]|${pct}|\\{[+#./;?&]?(?:[A-Za-z0-9_]|${pct})+(?:\\.?(?:[A-Za-z0-9_]|${pct}))*(?::[1-9]\\d{0,3}|\\*)?(?:,(?:[A-Za-z0-9_]|${pct})+(?::[1-9]\\d{0,3}|\\*)?)*\\})*`,
  regex: `(?:${flat}(?:${group})?)*`,
}

/**
 * Formats read more narrowly here than they are defined. What lies outside the wider pattern surely does not conform; what
 * lies between is allowed neither as conforming nor as not conforming.
 */
const wider: Record<string, string> = {
  regex: '',
  hostname: '^[^ /@:?#\\\\]+$',
  'idn-hostname': '^[^ /@:?#\\\\]+$',
  email: '@',
  'idn-email': '@',
  uri: `^${uri}$`,
  iri: '',
  'iri-reference': '',
  'uri-template': '',
}

/** The wider pattern of a format, or null when the format is exact. */
export const widerSource = (name: string): string | null => (Object.hasOwn(wider, name) ? wider[name]! : null)

export function formatSource(name: string): string | null {
  const key = name === 'idn-email' ? 'email' : name === 'idn-hostname' ? 'hostname' : name
  const s = Object.hasOwn(sources, key) ? sources[key] : undefined
  return s === undefined ? null : `^(?:${s})$`
}
