import type { Claims, PowerState } from '../sdk/contract/index.js';
import { email, text } from '../sdk/mapping/index.js';
import type { MappingOptions } from './config.js';

interface Tag { readonly Key?: unknown; readonly Value?: unknown }

/** Tags by key. Our own life cycle tag is left out: it is our word, not AWS's knowledge. */
export function tagsOf(tags: unknown, options: MappingOptions): { readonly [key: string]: string } {
  const found: Record<string, string> = {};
  for (const tag of Array.isArray(tags) ? (tags as (Tag | null)[]) : []) {
    const key = text(tag?.Key);
    if (key === undefined || typeof tag?.Value !== 'string' || key === options.tagKeys.lifecycle) continue;
    Object.defineProperty(found, key, { value: text(tag.Value) ?? '', enumerable: true, configurable: true, writable: true }); // a key may be `__proto__`
  }
  return found;
}

/** What tags say of people: a key that is absent, or empty, says nothing. */
export function claimsOfTags(tags: { readonly [key: string]: string }, options: MappingOptions): Claims {
  const owner = text(own(tags, options.tagKeys.owner));
  const department = text(own(tags, options.tagKeys.department));
  return {
    ...(owner !== undefined && { owner: email(owner) ?? owner }),
    ...(department !== undefined && { department }),
    ...(Object.keys(tags).length > 0 && { tags }),
  };
}

export const own = (tags: { readonly [key: string]: string }, key: string): string | undefined => (Object.hasOwn(tags, key) ? tags[key] : undefined);

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html: the low byte is the code, the high
 * byte is internal. The name is read where there is no code.
 */
export function stateOf(state: { readonly Code?: unknown; readonly Name?: unknown } | null | undefined): string | undefined {
  const byCode: Readonly<Record<number, string>> = { 0: 'pending', 16: 'running', 32: 'shutting-down', 48: 'terminated', 64: 'stopping', 80: 'stopped' };
  const code = typeof state?.Code === 'number' && Number.isInteger(state.Code) ? byCode[state.Code & 0xff] : undefined;
  return code ?? (typeof state?.Name === 'string' && state.Name !== '' ? state.Name : undefined);
}

/** States between two others are no power state: the next pass sees where they led. */
export const powerStateOf = (state: string | undefined): PowerState | undefined =>
  (state === 'running' || state === 'stopped' || state === 'terminated' ? state : undefined);

/**
 * `User initiated (2026-01-05 08:00:00 GMT)`: the only place where EC2 says when a machine was stopped or terminated.
 * Worded otherwise, or empty, it says nothing.
 */
export function transitionAt(reason: unknown): number | undefined {
  if (typeof reason !== 'string') return undefined;
  const found = /\((\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC)\)/.exec(reason);
  if (found === null) return undefined;
  const at = Date.parse(`${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}Z`);
  return Number.isFinite(at) ? at : undefined;
}

/** Where a raw record was read. It is ours, but a stored record may have been edited: without it there is no ARN. */
export function whereOf(raw: { readonly account?: unknown; readonly region?: unknown; readonly partition?: unknown } | null | undefined):
  { readonly account: string; readonly region: string; readonly partition: string } | undefined {
  const account = text(raw?.account);
  const region = text(raw?.region);
  const partition = text(raw?.partition);
  return account !== undefined && region !== undefined && partition !== undefined ? { account, region, partition } : undefined;
}
