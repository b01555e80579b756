import type { AttributeValue, Identifier, IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import { IDENTIFYING_ATTRIBUTES } from '../../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../model/compare.js';
import { familyOf, isA } from '../model/classes.js';
import type { ClassTree } from '../model/rules.js';
import type { RecordIdentifier } from '../model/source-record.js';
import { normaliseMaker } from './makers.js';
import { isPlaceholder } from './placeholders.js';

/** White space, controls, zero-width and other invisible characters. */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\u00a0\u115f\u1160\u3164\uffa0\ufffc]+/gu;
const PLAIN = /^[\x21-\x7e]*$/;
const compact = (value: string): string => (PLAIN.test(value) ? value : value.normalize('NFKC').replace(INVISIBLE, ''));

/** Folding can bring characters together that compose to another one: again until nothing changes, so that what is normal stays as it is. */
function settle(value: string, fold: (text: string) => string): string {
  let now = fold(compact(value));
  for (let before = ''; before !== now && !PLAIN.test(now);) [before, now] = [now, fold(compact(now))];
  return now;
}
const lower = (value: string): string => settle(value, (text) => text.toLowerCase());

/** Case, white space, separators (any dash among them) and invisible characters go; leading zeros, O and 0 stay distinct. */
const code = (value: string): string => settle(value, (text) => text.toUpperCase().replace(/[_.:/\\#\p{Pd}\u2212]/gu, ''));

/** Hex pairs of a UUID in either byte order give the smaller of both, so that equality is symmetric. */
export function normaliseUuid(value: string): string | undefined {
  const hex = compact(value).toLowerCase().replace(/^(urn:uuid:|uuid:)/, '').replace(/[{}\-:]/g, '');
  if (!/^[0-9a-f]{32}$/.test(hex)) return undefined;
  const swapped = swap(hex.slice(0, 8)) + swap(hex.slice(8, 12)) + swap(hex.slice(12, 16)) + hex.slice(16);
  const smaller = hex < swapped ? hex : swapped;
  return `${smaller.slice(0, 8)}-${smaller.slice(8, 12)}-${smaller.slice(12, 16)}-${smaller.slice(16, 20)}-${smaller.slice(20)}`;
}
const swap = (hex: string): string => (hex.match(/../g) ?? []).reverse().join('');

export function normaliseMac(value: string): string | undefined {
  const hex = compact(value).toLowerCase().replace(/[-:.]/g, '');
  if (!/^[0-9a-f]{12}$/.test(hex)) return undefined;
  return (hex.match(/../g) ?? []).join(':');
}

/** Second least bit of the first byte: chosen by software (randomised Wi-Fi, hypervisors), not by a maker. */
export const isLocalMac = (mac: string): boolean => (parseInt(mac.slice(0, 2), 16) & 2) === 2;

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

export function normaliseIp(value: string): string | undefined {
  const text = compact(value).toLowerCase().replace(/\/\d{1,3}$/, '').replace(/%.*$/, '').replace(/^\[|\]$/g, '');
  const v4 = IPV4.exec(text);
  if (v4) {
    const bytes = v4.slice(1).map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes.join('.') : undefined;
  }
  return text.includes(':') ? expandIpv6(inHexGroups(text)) : undefined;
}

/** RFC 4291 2.2: the last two groups may stand as a dotted IPv4 address. */
function inHexGroups(text: string): string {
  const dotted = text.slice(text.lastIndexOf(':') + 1);
  if (!dotted.includes('.')) return text;
  const bytes = (IPV4.exec(dotted)?.slice(1) ?? []).map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return text;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return `${text.slice(0, text.length - dotted.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** RFC 5952: lower case, no leading zeros, the longest run of zeros (two or more) as `::`. */
function expandIpv6(text: string): string | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const [left, right] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...left, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...right];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  const words = all.map((group) => parseInt(group, 16).toString(16));
  // An IPv4 address in IPv6 clothes is that address, however it is spelled.
  if (words.slice(0, 6).join(':') === '0:0:0:0:0:ffff') {
    return words.slice(6).flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]).join('.');
  }
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && words[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
    at += length;
  }
  return best.at < 0 ? words.join(':') : `${words.slice(0, best.at).join(':')}::${words.slice(best.at + best.length).join(':')}`;
}

const hostLike = (value: string): string => lower(value).replace(/\.+$/, '');

/** Host names compare by their first label; an address is no name. */
export function hostLabel(value: string): string | undefined {
  const host = hostLike(value);
  if (host === '' || normaliseIp(host) !== undefined) return undefined;
  return host.split('.')[0] || undefined;
}

const VMWARE_SERIAL = /^VMware-((?:[0-9a-f]{2}[ -]?){16})$/i;
const EC2_UUID = /^\{?(ec2[0-9a-f]{5}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** One identifier as compared, or nothing where the text is none of its kind. A serial may turn out to be a BIOS UUID. */
export function normaliseIdentifier(kind: IdentifierKind, raw: string): { readonly kind: IdentifierKind; readonly value: string } | undefined {
  switch (kind) {
    case 'serial': {
      const text = raw.trim();
      const vmware = VMWARE_SERIAL.exec(text);
      const uuid = vmware ? normaliseUuid((vmware[1] ?? '').replace(/[ -]/g, '')) : EC2_UUID.test(text) ? normaliseUuid(text) : undefined;
      if (uuid !== undefined) return { kind: 'bios_uuid', value: uuid };
      const value = code(raw);
      return value === '' ? undefined : { kind, value };
    }
    case 'asset_tag': {
      const value = code(raw);
      return value === '' ? undefined : { kind, value };
    }
    case 'bios_uuid':
    case 'instance_uuid': {
      const value = normaliseUuid(raw) ?? lower(raw);
      return value === '' ? undefined : { kind, value };
    }
    case 'mac': {
      const value = normaliseMac(raw);
      return value === undefined ? undefined : { kind, value };
    }
    case 'ip': {
      const value = normaliseIp(raw);
      return value === undefined ? undefined : { kind, value };
    }
    case 'fqdn': {
      const value = hostLike(raw);
      return value.includes('.') && normaliseIp(value) === undefined ? { kind, value } : undefined;
    }
    case 'hostname': {
      const value = hostLabel(raw);
      return value === undefined ? undefined : { kind, value };
    }
    case 'cloud_resource_id': {
      const value = lower(raw);
      return value === '' ? undefined : { kind, value };
    }
    case 'external_ref':
      return raw === '' ? undefined : { kind, value: raw };
  }
}

export interface IdentityOfRecord {
  readonly identifiers: readonly RecordIdentifier[];
  readonly maker?: string;
  readonly hostnames: readonly string[];
  readonly nameLabel?: string;
}

/** What identity needs of a mapped record. `own` is the record's key: every record also holds itself as external_ref. */
export function identityOf(
  record: { readonly assetClass?: string; readonly identifiers: readonly Identifier[]; readonly claims: { readonly [attribute: string]: AttributeValue | null } },
  own: string,
  classes: ClassTree,
  isJunk: (kind: IdentifierKind, value: string) => boolean = () => false,
): IdentityOfRecord {
  const found = new Map<string, RecordIdentifier>();
  const add = (kind: IdentifierKind, raw: unknown): void => {
    if (typeof raw !== 'string' || raw.length > 4_096) return;
    const one = normaliseIdentifier(kind, raw);
    if (!one) return;
    const key = `${one.kind}:${one.value}`;
    if (found.has(key)) return;
    // A pattern from the configuration is written against what people see, so the raw text may match it too.
    const placeholder = isPlaceholder(one.kind, one.value) || isJunk(one.kind, one.value) || isJunk(kind, raw);
    found.set(key, placeholder ? { ...one, placeholder: true } : one);
  };
  for (const identifier of record.identifiers) add(identifier.kind, identifier.value);
  for (const [attribute, kind] of Object.entries(IDENTIFYING_ATTRIBUTES)) {
    const value = record.claims[attribute];
    if (Array.isArray(value)) for (const each of value) add(kind, each);
    else add(kind, value);
  }
  found.set(`external_ref:${own}`, { kind: 'external_ref', value: own });
  const identifiers = [...found.values()].sort((a, b) => byCodeUnit(a.kind, b.kind) || byCodeUnit(a.value, b.value));
  const usable = (kind: IdentifierKind): string[] => identifiers.filter((i) => i.kind === kind && !i.placeholder).map((i) => i.value);

  const name = typeof record.claims['name'] === 'string' ? record.claims['name'] : undefined;
  const nameLabel = name === undefined ? undefined : labelOfName(name);
  const fromFqdn = [...new Set(usable('fqdn').map((fqdn) => fqdn.split('.')[0] ?? ''))].filter((label) => label !== '');
  const isMachine = familyOf(record.assetClass, classes) === 'machine';
  let hostnames = usable('hostname');
  if (hostnames.length === 0) hostnames = fromFqdn;
  if (hostnames.length === 0 && isMachine && nameLabel !== undefined) hostnames = [nameLabel];
  const maker = normaliseMaker(record.claims['manufacturer']);
  return { identifiers, ...(maker !== undefined && { maker }), hostnames, ...(nameLabel !== undefined && { nameLabel }) };
}

/** A name compares like a host name where it could be one; placeholders and addresses are none. */
function labelOfName(name: string): string | undefined {
  const label = hostLabel(name.trim());
  return label === undefined || isPlaceholder('hostname', label) ? undefined : label;
}

/** Classes to which exclusive identifier kinds belong (rule 2). */
export const isHardware = (assetClass: string | undefined, classes: ClassTree): boolean => isA(assetClass, 'hardware', classes);
