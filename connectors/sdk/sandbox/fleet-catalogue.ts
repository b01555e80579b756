import type { FleetCompany, FleetDepartment, FleetLocation, FleetModel, FleetPerson, FleetSoftware } from './fleet-model.js';

/** What machines refer to. `spellings` are those of other systems; the first name is the maker's own. */
export const COMPANIES: readonly FleetCompany[] = [
  { key: 'dell', name: 'Dell Inc.', spellings: ['DELL', 'Dell'], maker: true, supplier: false },
  { key: 'hpe', name: 'Hewlett Packard Enterprise', spellings: ['HPE', 'Hewlett Packard Enterprise'], maker: true, supplier: false },
  { key: 'lenovo', name: 'Lenovo', spellings: ['LENOVO', 'lenovo'], maker: true, supplier: false },
  { key: 'apple', name: 'Apple Inc.', spellings: ['Apple', 'Apple Inc'], maker: true, supplier: false },
  { key: 'cisco', name: 'Cisco Systems', spellings: ['Cisco Systems, Inc.', 'Cisco'], maker: true, supplier: false },
  { key: 'bechtold', name: 'Bechtold Systemhaus GmbH', spellings: ['Bechtold'], maker: false, supplier: true },
  { key: 'northwind', name: 'Northwind IT Supplies', spellings: ['Northwind'], maker: false, supplier: true },
];

export const MODELS: readonly FleetModel[] = [
  { key: 'r750', company: 'dell', name: 'PowerEdge R750', number: 'R750', kind: 'server' },
  { key: 'r660', company: 'dell', name: 'PowerEdge R660', number: 'R660', kind: 'server' },
  { key: 'dl380', company: 'hpe', name: 'ProLiant DL380 Gen10', number: '868703-B21', kind: 'server' },
  { key: 'r760', company: 'dell', name: 'PowerEdge R760', number: 'R760', kind: 'hypervisor' },
  { key: 'dl360', company: 'hpe', name: 'ProLiant DL360 Gen11', number: 'P52498-B21', kind: 'hypervisor' },
  { key: 'l7440', company: 'dell', name: 'Latitude 7440', number: '7440', kind: 'computer' },
  { key: 'x1g11', company: 'lenovo', name: 'ThinkPad X1 Carbon Gen 11', number: '21HM', kind: 'computer' },
  { key: 't14g4', company: 'lenovo', name: 'ThinkPad T14 Gen 4', number: '21HD', kind: 'computer' },
  { key: 'mbp14', company: 'apple', name: 'MacBook Pro 14-inch', number: 'Mac15,3', kind: 'computer' },
  { key: 'c9300', company: 'cisco', name: 'Catalyst 9300-48P', number: 'C9300-48P', kind: 'network_device' },
  { key: 'isr4331', company: 'cisco', name: 'ISR 4331', number: 'ISR4331/K9', kind: 'network_device' },
];

export const LOCATIONS: readonly FleetLocation[] = [
  ['ber', 'Berlin HQ', 'BLN', 'Berlin', 'DE'], ['ham', 'Hamburg Office', 'HAM', 'Hamburg', 'DE'], ['muc', 'Munich Data Centre', 'MUC1', 'Munich', 'DE'],
  ['dub', 'Dublin Office', 'DUB', 'Dublin', 'IE'], ['lon', 'London Office', 'LON', 'London', 'GB'], ['ams', 'Amsterdam Data Centre', 'AMS2', 'Amsterdam', 'NL'],
  ['nyc', 'New York Office', 'NYC', 'New York', 'US'], ['aus', 'Austin Office', 'AUS', 'Austin', 'US'],
].map(([key = '', name = '', code = '', city = '', country = '']) => ({ key, name, code, city, country }));

export const DEPARTMENTS: readonly FleetDepartment[] = ['Engineering', 'Finance', 'Human Resources', 'IT Operations', 'Sales', 'Legal']
  .map((name) => ({ key: name.toLowerCase().replaceAll(' ', '_'), name }));

export const SOFTWARE: readonly FleetSoftware[] = [
  { key: 'acrobat', product: 'Adobe Acrobat Reader DC', publisher: 'Adobe', versions: ['23.008.20470', '24.002.20736'], on: ['computer'] },
  { key: 'chrome', product: 'Google Chrome', publisher: 'Google LLC', versions: ['120.0.6099.109', '131.0.6778.86'], on: ['computer', 'server'] },
  { key: 'firefox', product: 'Mozilla Firefox (x64 en-US)', publisher: 'Mozilla', versions: ['115.0', '133.0'], on: ['computer'] },
  { key: 'seven_zip', product: '7-Zip 23.01 (x64)', publisher: 'Igor Pavlov', versions: ['23.01'], on: ['computer', 'server'] },
  { key: 'openssl', product: 'OpenSSL', publisher: 'OpenSSL Software Foundation', versions: ['1.1.1k', '3.0.13'], on: ['server', 'virtual_machine'] },
  { key: 'openssh', product: 'OpenSSH', publisher: 'OpenBSD', versions: ['8.7p1', '9.7p1'], on: ['server', 'virtual_machine'] },
  { key: 'httpd', product: 'Apache HTTP Server 2.4', publisher: 'Apache Software Foundation', versions: ['2.4.57', '2.4.62'], on: ['server', 'virtual_machine'] },
  { key: 'log4j', product: 'log4j-core', publisher: 'Apache Software Foundation', versions: ['2.14.1', '2.17.1'], on: ['virtual_machine'] },
];

const FIRST = ['Avery', 'Blake', 'Casey', 'Devon', 'Elif', 'Femi', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kira', 'Liam', 'Mona', 'Noor', 'Otto', 'Priya'];
const LAST = ['Abel', 'Brandt', 'Costa', 'Demir', 'Eriksen', 'Fischer', 'Garcia', 'Hughes', 'Ivanov', 'Jansen', 'Keller', 'Lindqvist', 'Moreau'];

/** 208 names, then numbered: every user name and address is unique. */
export function personAt(index: number): FleetPerson {
  const first = FIRST[index % FIRST.length] ?? '';
  const last = LAST[index % LAST.length] ?? '';
  const round = Math.floor(index / (FIRST.length * LAST.length));
  const userName = `${first}.${last}${round === 0 ? '' : round + 1}`.toLowerCase();
  return {
    key: `person-${index}`, userName, name: `${first} ${last}`, email: `${userName}@example.com`,
    department: DEPARTMENTS[index % DEPARTMENTS.length]?.key ?? '', active: index % 29 !== 28,
  };
}
