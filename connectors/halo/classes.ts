import { field, text } from '../sdk/mapping/index.js';
import { idOf, nameOf, type Row } from './types.js';

/** Asset types by the names that customers mostly give them; `options.classes` names this instance's. */
export const DEFAULT_CLASSES: Readonly<Record<string, string>> = {
  'server': 'server', 'laptop': 'computer', 'desktop': 'computer', 'workstation': 'computer', 'network device': 'network_device', 'hypervisor': 'hypervisor', 'virtual machine': 'virtual_machine',
};

/** Class for a type by its id or name; null: left out; undefined: nobody says. */
export function classOfType(type: { readonly id?: number | undefined; readonly name?: string | undefined }, options: Readonly<Record<string, unknown>>): string | null | undefined {
  const name = type.name?.toLowerCase();
  const given = options['classes'];
  if (typeof given === 'object' && given !== null) {
    for (const [key, value] of Object.entries(given)) {
      if (key.trim().toLowerCase() === name || key === String(type.id)) return value === null ? null : text(value);
    }
  }
  return name !== undefined && Object.hasOwn(DEFAULT_CLASSES, name) ? DEFAULT_CLASSES[name] : undefined;
}

/** The type of a raw asset: as this instance calls it, else as the row does. */
export const classOf = (raw: Row, options: Readonly<Record<string, unknown>>): string | null | undefined =>
  classOfType({ id: idOf(raw['assettype_id']), name: nameOf(raw['type']) ?? text(field(raw, 'assettype_name')) }, options);
