import ipaddr from 'ipaddr.js';

/** Whether an address lies in one of the networks; IPv4 in the form of IPv6 is IPv4. What is no address lies in none. */
export function networksOf(list: readonly string[]): (address: string) => boolean {
  const ranges = list.map((text) => {
    const [address, bits] = text.split('/') as [string, string?];
    const parsed = ipaddr.parse(address);
    return [parsed, bits === undefined ? (parsed.kind() === 'ipv4' ? 32 : 128) : Number(bits)] as const;
  });
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const at = ipaddr.process(address);
    return ranges.some(([network, bits]) => network.kind() === at.kind() && at.match(network as never, bits));
  };
}
