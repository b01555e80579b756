import type { WriteDesk } from '../../sdk/sandbox/index.js';
import type { Store } from './store.js';
import type { Switches } from './switches.js';

/** One call that meant to write, and what became of it. */
export interface Written {
  /** ms UTC by the vendor's clock. */
  readonly at: number;
  /** `unchanged`: accepted with 201, and nothing was kept of it. */
  readonly what: 'create' | 'update' | 'unchanged' | 'refused' | 'validated' | 'delete' | 'own_rule';
  readonly id: number | undefined;
  /** As it was sent. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Names of properties, or `fields.<name>` and `customfields.<name>`, that took another value. */
  readonly changed: readonly string[];
}

/** What the API's parts share. */
export interface Instance {
  readonly store: Store;
  readonly switches: Switches;
  readonly audit: Written[];
  readonly desk: WriteDesk;
  /** Changes of the customer's own rules that are still to come. */
  readonly pending: { readonly at: number; readonly id: number }[];
  /** Most rows of a page, below the vendor's own maximum. */
  readonly pageLimit: () => number | undefined;
  /** Grows with each request: the order without `order`. */
  readonly turn: () => number;
}
