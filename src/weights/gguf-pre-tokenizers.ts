// How byte-level vocabularies cut a text before merging, by the names GGUF has for it: one row a way. Knows no vocabulary.

export interface PreTokenizer {
  readonly names: readonly string[]
  /** One after the other: what matches is cut off from what is around it. */
  readonly patterns: readonly string[]
  readonly normalizer?: 'NFC'
  /** A word that is a token is that token, however its merges go. */
  readonly ignoreMerges?: true
  /** A text begins with the bos token where metadata does not say. */
  readonly addsBos?: true
}

const ENGLISH = "'s|'t|'re|'ve|'m|'ll|'d"
const ANY_CASE = `(?i:${ENGLISH})`
const GPT2 = `${ENGLISH}| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`
/** Letters take one mark or space before them, digits come in groups of `digits`. */
const words = (digits: string) =>
  `${ANY_CASE}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
const TEKKEN = `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

const PRE_TOKENIZERS: readonly PreTokenizer[] = [
  { names: ['gpt-2', 'phi-2', 'olmo', 'mpt', 'jais', 'gigachat', 'granite-docling'], patterns: [GPT2] },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'],
    patterns: [words('\\p{N}{1,3}')],
    ignoreMerges: true,
    addsBos: true,
  },
  { names: ['dbrx', 'smaug-bpe'], patterns: [words('\\p{N}{1,3}')] },
  { names: ['qwen2', 'deepseek-r1-qwen', 'megrez'], patterns: [words('\\p{N}')], normalizer: 'NFC' },
  { names: ['stablelm2', 'hunyuan'], patterns: [words('\\p{N}')] },
  { names: ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone'], patterns: ['\\p{N}', GPT2] },
  { names: ['tekken'], patterns: [TEKKEN], ignoreMerges: true, addsBos: true },
  {
    names: ['default'],
    patterns: ['[\\p{P}\\$\\+<=>\\^~\\|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]'],
  },
]

export const preTokenizer = (name: string): PreTokenizer | undefined =>
  PRE_TOKENIZERS.find(({ names }) => names.includes(name))
