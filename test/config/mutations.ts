/** A small generator of numbers with a seed, so that each failure can be had again (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Mutation {
  readonly kind: string;
  readonly text: string;
  /** 1-based lines on which the mistake may rightly be told. */
  readonly lines: readonly number[];
  /** The right name, where a key was misspelled. */
  readonly nearest?: string;
}

type Mutator = (rows: string[], line: number, random: () => number) => Omit<Mutation, 'kind' | 'text' | 'lines'> & { readonly rows: readonly string[]; readonly lines?: readonly number[] } | undefined;

/** Any name would do for a source. */
const KEY = /^(\s*(?:- )?)(?!cves)([A-Za-z]{4,}):(?= |$)/;
const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)]!;
const put = (rows: string[], line: number, text: string): string[] => rows.map((row, index) => (index === line ? text : row));

/** A misspelling as fingers make it: a letter lost, doubled, swapped or replaced. */
function misspell(word: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (word.length - 2));
  switch (Math.floor(random() * 4)) {
    case 0: return word.slice(0, at) + word.slice(at + 1);
    case 1: return word.slice(0, at) + word[at]! + word.slice(at);
    case 2: return word.slice(0, at) + word[at + 1]! + word[at]! + word.slice(at + 2);
    default: return word.slice(0, at) + 'z' + word.slice(at + 1);
  }
}

const MUTATORS: Readonly<Record<string, Mutator>> = {
  'misspelled key': (rows, line, random) => {
    const [, indent, key] = KEY.exec(rows[line]!) ?? [];
    const wrong = key === undefined ? undefined : misspell(key, random);
    return key === undefined || wrong === key ? undefined : { rows: put(rows, line, rows[line]!.replace(`${indent}${key}`, `${indent}${wrong}`)), nearest: key };
  },
  'duplicated line': (rows, line) => (/^\s+[A-Za-z]+: \S/.test(rows[line]!) ? { rows: [...rows.slice(0, line + 1), rows[line]!, ...rows.slice(line + 1)], lines: [line + 2] } : undefined),
  'one space more': (rows, line) => (/^\s+[A-Za-z]+: \S/.test(rows[line]!) && depth(rows[line - 1]!) === depth(rows[line]!) ? { rows: put(rows, line, ` ${rows[line]!}`) } : undefined),
  'one space less': (rows, line) => (/^\s+[A-Za-z]+: \S/.test(rows[line]!) && depth(rows[line - 1]!) === depth(rows[line]!) ? { rows: put(rows, line, rows[line]!.slice(1)) } : undefined),
  'a tab': (rows, line) => (/^ +[A-Za-z]+:/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.replace(/^ +/, '\t')) } : undefined),
  'colon lost': (rows, line) => (/^\s+[A-Za-z]+: \S/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.replace(': ', ' ')), lines: [line, line + 1, line + 2] } : undefined),
  'space behind the colon lost': (rows, line) => (/^\s+[A-Za-z]+: [\w"]/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.replace(': ', ':')), lines: [line, line + 1, line + 2] } : undefined),
  'quote lost': (rows, line) => (/^\s+[A-Za-z]+: "[^"]*"$/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.slice(0, -1)) } : undefined),
  'bracket lost': (rows, line) => (/[\]}]$/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.slice(0, -1)) } : undefined),
  'bracket too many': (rows, line) => (/[\]}]$/.test(rows[line]!) ? { rows: put(rows, line, `${rows[line]!}${rows[line]!.at(-1)!}`) } : undefined),
  'number for a text': (rows, line, random) => {
    const [, head] = /^(\s+(?:connector|role|baseUrl|url|method|where|incremental|full|timezone|jitter|mode|missingFor|tieWindow|inbox|name|when|to|host): )[^{[|]*$/.exec(rows[line]!) ?? [];
    return head === undefined ? undefined : { rows: put(rows, line, head + pick(['12', '0.5', 'true'], random)) };
  },
  'text for a number': (rows, line, random) => {
    const [, head] = /^(\s+[A-Za-z]+: )\d+(?:\.\d+)?$/.exec(rows[line]!) ?? [];
    return head === undefined ? undefined : { rows: put(rows, line, head + pick(['many', '"3"', '[1]'], random)) };
  },
  'list for a value': (rows, line) => {
    const [, head] = /^(\s+(?:connector|baseUrl|enabled|port|tieWindow|rawVersions|full|where): )[^{[|]*$/.exec(rows[line]!) ?? [];
    return head === undefined ? undefined : { rows: put(rows, line, `${head}[x]`) };
  },
  'slip in a word': (rows, line, random) => {
    const [, head, word, tail] = /^(\s+(?:- )?(?:connector|role|method|mode|to): )([a-z_]{4,})(.*)$/.exec(rows[line]!) ?? [];
    return head === undefined ? undefined : { rows: put(rows, line, head + misspell(word!, random).replace(/^$/, 'zz') + tail!) };
  },
  'literal secret': (rows, line) => (/(?:password|apiKey|secret): "?\$\{/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.replace(/((?:password|apiKey|secret): )"?\$\{[^}]*\}"?/, '$1SECRET-canary')) } : undefined),
  'variable unset': (rows, line) => (/\$\{env:\w+\}/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.replace(/\$\{env:(\w+)\}/, '${env:$1_X}')) } : undefined),
  'broken duration': (rows, line, random) => {
    const [, head] = /^(\s+(?:jitter|missingFor|tieWindow|inbox|attempts|versions): )\d+[smhd]$/.exec(rows[line]!) ?? [];
    return head === undefined ? undefined : { rows: put(rows, line, head + pick(['30', '"30"', '2 weeks', '5x', '-1d'], random)) };
  },
  'broken condition': (rows, line) => (/^\s+(?:- )?(?:where|when): "/.test(rows[line]!) ? { rows: put(rows, line, rows[line]!.replace(/(?<=: ").*(?="$)/, (text) => `${text} adn`)) } : undefined),
};

const depth = (row: string): number => /^ */.exec(row)![0].length;

export const MUTATION_KINDS = Object.keys(MUTATORS);

/** One mistake at a random line of a right configuration, the same for the same seed. */
export function mutate(text: string, seed: number): Mutation {
  const random = seeded(seed);
  const rows = text.trimEnd().split('\n');
  const kind = pick(MUTATION_KINDS, random);
  for (;;) {
    const line = 1 + Math.floor(random() * (rows.length - 1));
    const made = MUTATORS[kind]!(rows, line, random);
    if (!made) continue;
    const { rows: mutated, lines = [line + 1], ...rest } = made;
    return { kind, text: `${mutated.join('\n')}\n`, lines, ...rest };
  }
}
