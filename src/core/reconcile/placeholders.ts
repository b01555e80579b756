import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';

/**
 * Values that firmware, imaging tools and people leave where an identifier should stand. Compared after `squeeze`:
 * upper case, nothing but letters and digits. Collected from vendors' BIOS defaults and inventory tools' ignore lists.
 */
const MEANINGLESS = new Set([
  '', '0', 'NA', 'NONE', 'NULL', 'NIL', 'UNKNOWN', 'UNDEFINED', 'UNSPECIFIED', 'UNASSIGNED', 'UNAVAILABLE', 'NOTAVAILABLE', 'NOTAPPLICABLE',
  'NOTSPECIFIED', 'NOTDEFINED', 'NOTPRESENT', 'NOTSET', 'NOTKNOWN', 'NOTASSIGNED', 'NOTSETTABLE', 'NOTFOUND', 'NOSERIAL', 'NOSERIALNUMBER', 'NOASSETTAG', 'NOASSETINFORMATION',
  'NOVALUE', 'NODATA', 'EMPTY', 'BLANK', 'MISSING', 'TBD', 'TBA', 'TODO', 'PENDING', 'DEFAULT', 'DEFAULTSTRING', 'STRING', 'OEM', 'OEMSTRING',
  'TOBEFILLEDBYOEM', 'TOBEFILLEDBYOEMOEM', 'TOBEFILLEDBYOEMX', 'TOBEFILLED', 'TOBEDEFINED', 'TOBEDETERMINED', 'FILLBYOEM', 'FILLEDBYOEM', 'BYOEM',
  'SYSTEMSERIALNUMBER', 'SYSTEMSERIAL', 'SERIALNUMBER', 'SERIAL', 'SERIALNO', 'SYSSERIALNUMBER', 'CHASSISSERIALNUMBER', 'BASEBOARDSERIALNUMBER',
  'BASEBOARDSERIAL', 'BOARDSERIALNUMBER', 'MOTHERBOARDSERIALNUMBER', 'PRODUCTSERIALNUMBER', 'SSN', 'MBSERIAL',
  'SYSTEMUUID', 'SYSTEMVERSION', 'SYSTEMPRODUCTNAME', 'SYSTEMMANUFACTURER', 'SYSTEMNAME', 'ASSETTAG', 'ASSET', 'TAG', 'ASSETTAGNUMBER', 'DEFAULTASSETTAG', 'NOASSET', 'CHASSISASSETTAG',
  'BASEBOARDASSETTAG', 'SYSTEMASSETTAG', 'ATAGNUMBER', 'NOTAG', 'NOTAPPLICABLENA', 'INVALID', 'TEST', 'DUMMY', 'EXAMPLE', 'SAMPLE', 'VIRTUAL', 'VIRTUALMACHINE', 'VMWARE', 'QEMU',
  'EVAL', 'ENGINEERINGSAMPLE', 'PROTOTYPE', '123456789', '1234567890', '12345678', '0123456789', '012345678',
  '01234567890', '00123456789', '0123456789ABCDEF', '123456789ABCDEF', 'NUMBERNOTFOUND', 'NOTASSET', 'SERNUM', 'PARALLELSSYSTEM', 'INNOTEK', 'LOCALHOST', 'LOCALHOSTLOCALDOMAIN', 'LOCALDOMAIN',
]);

/** Host names that every fresh image bears. */
const COMMON_HOSTS = new Set(['localhost', 'localhost4', 'localhost6', 'localdomain', 'unknown', 'none', 'null', 'na', 'n/a', 'default', 'hostname', 'computer', 'pc', 'server', 'test', 'template', 'ubuntu', 'debian', 'raspberrypi', 'ip', 'host', 'new', 'minint', 'undefined', 'unassigned', 'todo', 'tbd', '-', '0']);

/** UUIDs that boards share instead of having one. Lower case, without separators. */
const SHARED_UUIDS = new Set([
  '03000200040005000006000700080009', '00020003000400050006000700080009', '123456781234567890abcddeefaabbcc',
  '0123456789abcdef0123456789abcdef', 'fefefefefefefefefefefefefefefefe', '4c4c454400002010802080c04f202020', '4c4c4544000020108020800000000000',
]);

/** Addresses that docks, VPN, container and dial-up adapters share between machines. Lower case with colons. */
const SHARED_MACS = new Set([
  '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '00:05:9a:3c:7a:00', '00:05:9a:3c:78:00', '02:00:4c:4f:4f:50', '20:41:53:59:4e:ff', '00:50:56:c0:00:01', '00:50:56:c0:00:08', '50:50:54:50:30:30',
  '33:50:6f:45:30:30', '02:42:ac:11:00:02', '02:50:41:00:00:01', '00:09:0f:fe:00:01', '00:09:0f:aa:00:01', '00:ff:00:00:00:00', '44:45:53:54:42:00', '44:45:53:54:00:00', '54:55:43:44:52:09', '00:53:45:00:00:00',
  '7a:79:00:00:00:00', 'de:ad:be:ef:00:00', '0a:00:27:00:00:00', '00:15:5d:00:00:00', 'ee:ee:ee:ee:ee:ee', '80:00:60:0f:e8:00', '58:2c:80:13:92:63', '00:a0:c6:00:00:00', '00:00:5e:00:01:01', 'fe:54:00:00:00:00',
]);
/** Prefixes that bridges of container hosts number from the same start on every host. */
const SHARED_MAC_PREFIXES = ['02:42:'];

const squeeze = (value: string): string => value.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
/** Filled with zeros, F or X: nobody ever numbered anything so. Other repeated digits do occur. */
const isFilled = (squeezed: string, fillers: RegExp): boolean => fillers.test(squeezed);

/** `value` is normalised. True: it says nothing about which machine this is. */
export function isPlaceholder(kind: IdentifierKind, value: string): boolean {
  switch (kind) {
    case 'external_ref':
      return value === '';
    case 'mac':
      return SHARED_MACS.has(value) || SHARED_MAC_PREFIXES.some((prefix) => value.startsWith(prefix)) || (parseInt(value.slice(0, 2), 16) & 1) === 1;
    case 'bios_uuid':
    case 'instance_uuid': {
      const hex = value.replace(/-/g, '');
      return hex === '' || isFilled(hex, /^(0+|f+)$/) || SHARED_UUIDS.has(hex) || MEANINGLESS.has(squeeze(value));
    }
    case 'ip':
      return value === '' || /^(0\.|127\.|169\.254\.|255\.255\.255\.255$)/.test(value) || value === '::' || value === '::1' || value.startsWith('fe80:');
    case 'hostname':
    case 'fqdn':
      return COMMON_HOSTS.has(value) || COMMON_HOSTS.has(value.split('.')[0] ?? '');
    case 'cloud_resource_id':
      return MEANINGLESS.has(squeeze(value));
    case 'serial':
    case 'asset_tag': {
      const squeezed = squeeze(value);
      return MEANINGLESS.has(squeezed) || isFilled(squeezed, /^(0+|X{2,}|F{6,})$/) || squeezed.startsWith('TOBEFILLED') || /^X{3,}/.test(squeezed) || /^(NOT|NO)(APPLICABLE|AVAILABLE|SPECIFIED|PROVIDED|SERIAL)/.test(squeezed);
    }
  }
}

/** `DEFAULT*` style patterns from the configuration: only `*` is special, case and separators do not matter. */
export function compileJunk(patterns: Readonly<Partial<Record<IdentifierKind, readonly string[]>>>): (kind: IdentifierKind, value: string) => boolean {
  const matchers = new Map<string, ((value: string) => boolean)[]>();
  for (const [kind, list] of Object.entries(patterns)) {
    matchers.set(kind, (list ?? []).map((pattern) => {
      const parts = pattern.toUpperCase().split('*').map((part) => part.replace(/[\s\-_.:/]/g, ''));
      return (value: string): boolean => fits(value.toUpperCase().replace(/[\s\-_.:/]/g, ''), parts);
    }));
  }
  return (kind, value) => matchers.get(kind)?.some((matches) => matches(value)) ?? false;
}

/** Linear: each part must follow the one before; the first is anchored at the start, the last at the end. */
function fits(value: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  if (parts.length === 1) return value === first;
  if (!value.startsWith(first)) return false;
  const last = parts.at(-1) ?? '';
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}
