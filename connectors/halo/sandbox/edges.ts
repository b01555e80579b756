import type { Asset, Relation } from './model.js';
import type { Store } from './store.js';

/** Relations are parts of assets at the vendor; here each has a name: `child>parent`, and `lower=higher` for siblings. */
export interface Edge { readonly id: string; readonly from: number; readonly to: number; readonly isSibling: boolean; readonly relationship_id: number }

export function edgesOf(store: Store): Edge[] {
  return store.all().flatMap(({ id, parents, siblings }) => [
    ...parents.map((relation) => ({ id: `${id}>${relation.id}`, from: id, to: relation.id, isSibling: false, relationship_id: relation.relationship_id })),
    ...siblings.filter((relation) => relation.id > id).map((relation) => ({ id: `${id}=${relation.id}`, from: id, to: relation.id, isSibling: true, relationship_id: relation.relationship_id })),
  ]);
}

/** Sets or, without a kind, takes away what `id` names; gives the assets at both ends. */
export function setEdge(store: Store, id: string, relationshipId: number | undefined): readonly Asset[] {
  const [, from = '', sign = '', to = ''] = /^(\d+)([>=])(\d+)$/.exec(id) ?? [];
  const [own, other] = [store.assets.get(Number(from)), store.assets.get(Number(to))];
  if (own === undefined || other === undefined) throw new RangeError(`relationships has no ${id}`);
  const without = (relations: readonly Relation[], end: number): Relation[] => relations.filter((relation) => relation.id !== end);
  const withIt = (relations: readonly Relation[], end: number): Relation[] => [...without(relations, end), ...(relationshipId === undefined ? [] : [{ id: end, relationship_id: relationshipId }])];
  if (sign === '>') own.parents = withIt(own.parents, other.id);
  else {
    own.siblings = withIt(own.siblings, other.id);
    other.siblings = withIt(other.siblings, own.id);
  }
  return [own, other];
}
