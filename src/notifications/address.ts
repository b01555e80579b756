import ipaddr from 'ipaddr.js';

const EMBEDDING = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];
const GLOBAL = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** Reachable by everybody; an address that carries another one inside is judged by that. */
export function isPublicAddress(text: string): boolean {
  const parsed = bare(text);
  if (!parsed) return false;
  if (parsed.kind() === 'ipv4') return parsed.range() === 'unicast';
  return parsed.range() === 'unicast' && (parsed as ipaddr.IPv6).match(GLOBAL);
}

export function isLoopbackAddress(text: string): boolean {
  return bare(text)?.range() === 'loopback';
}

function bare(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const unbracketed = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(unbracketed)) return undefined;
  const parsed = ipaddr.parse(unbracketed);
  if (parsed.kind() === 'ipv4') return parsed;
  const six = parsed as ipaddr.IPv6;
  if (six.isIPv4MappedAddress()) return six.toIPv4Address();
  return six.match(EMBEDDING) ? ipaddr.fromByteArray(six.toByteArray().slice(12)) : six;
}
