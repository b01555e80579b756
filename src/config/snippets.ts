import { keepSnippet, type ConfigProblem } from './problem.js';
import { SECRET_KEYS, mayBeSecret, withoutPasswords } from './secrets.js';
import type { ConfigFile } from './files.js';

const MASK = '***';
/** Nobody reads a longer line, and judging it would take its time. */
const MAX_SHOWN = 2_000;
const AFTER_KEY = /(["']?)([A-Za-z_][\w.-]*)\1(\s*:\s*|\s+)/g;

/** Keeps for each problem the line at which it points, with whatever may be a secret masked. */
export function attachSnippets(problems: readonly ConfigProblem[], files: readonly ConfigFile[]): void {
  const lines = new Map(files.flatMap((file) => (file.text === undefined ? [] : [[file.name, maskedLines(file.text)] as const])));
  for (const problem of problems) {
    const line = lines.get(problem.file)?.[problem.line - 1];
    if (line !== undefined) keepSnippet(problem, line);
  }
}

/**
 * Judges lines, not the tree, because the file may be no YAML at all: behind a key that names a secret nothing is shown but references,
 * and neither are deeper lines that follow it (block texts, lists).
 */
export function maskedLines(text: string): string[] {
  let hiddenBelow: number | undefined;
  return text.split(/\r?\n/).map((line) => {
    if (line.length > MAX_SHOWN) return MASK;
    const indent = /^\s*/.exec(line)![0].length;
    if (hiddenBelow !== undefined && (indent > hiddenBelow || line.trim() === '')) return line.slice(0, indent) + (line.trim() === '' ? '' : MASK);
    hiddenBelow = undefined;
    let out = withoutPasswords(line);
    for (const found of line.matchAll(AFTER_KEY)) {
      const isKey = found[3]!.trim() !== '' || line.slice(0, found.index).trim() === '' || SECRET_KEYS.has(found[2]!);    // its colon may be missing
      if (!isKey || !mayBeSecret(found[2]!, found[2]!)) continue;
      const start = found.index + found[0].length;
      const rest = line.slice(start);
      if (rest.trim() === '' || /^[|>&!]/.test(rest.trim())) hiddenBelow = indent;
      out = withoutPasswords(line.slice(0, start)) + onlyReferences(rest);
      break;
    }
    return out;
  });
}

/** `"${env:A}", x }` -> `"${env:A}"***`: references without a default are shown, all else is not. */
function onlyReferences(rest: string): string {
  const found = /^(\s*["']?\$\{(?:env:\w+(?::-)?|file:[^}]*)\}["']?)(.*)$/.exec(rest);
  if (!found) return rest.trim() === '' ? rest : MASK;
  return found[1]! + (/^[\s,}\]]*(#.*)?$/.test(found[2]!) ? found[2]! : MASK);
}
