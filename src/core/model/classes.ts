import type { ClassTree } from './rules.js';

/** A class and its ancestors, nearest first. A class that the tree does not know stands alone. */
export function lineOf(assetClass: string, tree: ClassTree): string[] {
  const line: string[] = [];
  for (let at: string | null | undefined = assetClass; at && !line.includes(at); at = tree[at]) line.push(at);
  return line;
}

export function isA(assetClass: string | undefined, ancestor: string, tree: ClassTree): boolean {
  return assetClass !== undefined && (assetClass === ancestor || lineOf(assetClass, tree).includes(ancestor));
}

export const rootOf = (assetClass: string, tree: ClassTree): string => lineOf(assetClass, tree).at(-1) ?? assetClass;

/** Machine classes: hardware, virtual_machine and cloud_resource are one family; every other root is a family by itself. */
export function familyOf(assetClass: string | undefined, tree: ClassTree): string {
  if (assetClass === undefined) return 'machine';
  const root = rootOf(assetClass, tree);
  return root === 'hardware' || root === 'virtual_machine' || root === 'cloud_resource' ? 'machine' : root;
}
