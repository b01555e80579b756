import jsonata from 'jsonata';
import type { MappingSettings } from '../config/types.js';

type Paths = readonly (readonly string[])[];

/** By stream: where the mapping reaches into the raw record, so that a connector can ask its vendor for that too. */
export function wantedPaths(mapping: MappingSettings): Readonly<Record<string, Paths>> {
  return Object.fromEntries(Object.entries(mapping).flatMap(([stream, rules]) => {
    const paths = Object.values(rules).flatMap((rule) => (rule?.from === undefined ? [] : rule.path !== undefined ? [rule.path] : pathsIn(rule.from)));
    const distinct = new Map(paths.map((path) => [JSON.stringify(path), path]));
    return distinct.size === 0 ? [] : [[stream, [...distinct.values()]]];
  }));
}

interface Node { readonly type?: string; readonly value?: unknown; readonly steps?: readonly Node[]; readonly predicate?: unknown; readonly stages?: unknown; readonly group?: unknown }

/** Paths from the record itself. What stands behind the first step (`adapters[name = 'eth0']`) speaks of what was found there. */
function pathsIn(expression: string): Paths {
  const paths: string[][] = [];
  const waiting: unknown[] = [jsonata(expression).ast()];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== 'object' || node === null || node instanceof RegExp) continue;
    const { type, steps } = node as Node;
    if (type !== 'path' || steps === undefined) {
      waiting.push(...Object.values(node));
      continue;
    }
    // `$` and `$$` name the record
    const named = steps[0]?.type === 'variable' && (steps[0].value === '' || steps[0].value === '$') ? steps.slice(1) : steps;
    const path = leadingNames(named);
    if (path.length > 0) paths.push(path);
    else waiting.push(steps[0]);
  }
  return paths;
}

function leadingNames(steps: readonly Node[]): string[] {
  const path: string[] = [];
  for (const step of steps) {
    if (step.type !== 'name' || typeof step.value !== 'string') break;
    path.push(step.value);
    if (step.predicate !== undefined || step.stages !== undefined) break;
  }
  return path;
}
