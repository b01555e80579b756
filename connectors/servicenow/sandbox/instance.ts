import type { SandboxRequest, WriteDesk } from '../../sdk/sandbox/index.js';
import { readFields } from './query.js';
import { render, type RenderBy } from './render.js';
import type { Row, Store } from './store.js';
import type { Switches } from './switches.js';

/** What the API's parts share. */
export interface Instance {
  readonly store: Store;
  readonly switches: Switches;
  readonly hidden: ReadonlySet<string>;
  readonly tables: ReadonlySet<string>;
  readonly desk: WriteDesk;
  /** sys_id of what the API created -> when a query finds it. */
  readonly fresh: Map<string, number>;
  /** What the identification engine remembers: source and its own key -> sys_id (`sys_object_source`). */
  readonly native: Map<string, string>;
  /** Most rows of a page, below what was asked for. */
  readonly pageLimit: () => number | undefined;
  /** Changes with each read: the order without ORDERBY. */
  readonly shuffle: () => number;
}

export function renderOne(instance: Instance, request: SandboxRequest, table: string, row: Row): Record<string, unknown> {
  return render(instance.store, row, renderBy(instance, request, table));
}

export function renderBy(instance: Instance, request: SandboxRequest, table: string): RenderBy {
  const { params } = request;
  const fields = readFields(params.get('sysparm_fields'), { store: instance.store, table, zoneHours: instance.switches.zoneHours });
  for (const name of fields.unknown) note(request, `${table} has no field ${name}: left out without a word`);
  return {
    fields: fields.known, table, display: (params.get('sysparm_display_value') ?? 'false') as RenderBy['display'],
    withoutLinks: params.get('sysparm_exclude_reference_link') === 'true', origin: request.origin, zoneHours: instance.switches.zoneHours,
  };
}

export function note(request: SandboxRequest, text: string): void { (request.log.notes ??= []).push(text); }
