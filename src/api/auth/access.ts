import { ROLES } from '../../config/sections/operation.js';

export { ROLES };
export type Role = (typeof ROLES)[number];
/** A role that may only hand in records of one source. */
export type IngestRole = `ingest:${string}`;
export type AnyRole = Role | IngestRole;

/** What a route asks of who calls it. `open`: nothing. */
export type Access = 'open' | Role;

/** Who calls. */
export interface Identity {
  /** Never the same for two callers: for limits, idempotency keys and the audit of refusals. */
  readonly id: string;
  /** Never the same for two people, as far as can be known: where two must agree. */
  readonly person: string;
  /** For the audit of what they decide. */
  readonly actor: string;
  /** undefined: known, but without any right. */
  readonly role: AnyRole | undefined;
}

/** Each role may what those before it may. Handing in records is no step on that ladder. */
export function allows(role: AnyRole | undefined, access: Access): boolean {
  if (access === 'open') return true;
  const rank = (ROLES as readonly (string | undefined)[]).indexOf(role);
  return rank >= 0 && rank >= ROLES.indexOf(access);
}

export const isAccess = (value: unknown): value is Access => value === 'open' || (ROLES as readonly unknown[]).includes(value);
