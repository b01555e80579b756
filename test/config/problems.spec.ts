import { Buffer } from 'node:buffer';
import { formatProblem } from '../../src/config/index.js';
import { load, MINIMAL } from './support.js';

const acme = (rest: string): string => `version: 1\nsources:\n  a:\n    connector: acme\n    baseUrl: https://a.example.com\n    auth: { method: basic, username: u, password: "\${env:ACME_PASSWORD}" }\n${rest}`;
const first = async (text: string | Uint8Array): Promise<{ at: string; path: string; message: string; suggestion?: string; count: number }> => {
  const { problems } = await load(text);
  const [problem] = problems;
  if (!problem) throw new Error('no problem was found');
  return { at: `${problem.line}:${problem.column}`, path: problem.path, message: problem.message, ...(problem.suggestion !== undefined && { suggestion: problem.suggestion }), count: problems.length };
};

describe('one mistake gives one problem, at its place, with how to mend it', () => {
  it.each`
    mistake                     | text                                                                   | at        | path                                   | message                                               | suggestion
    ${'unknown key'}            | ${`${MINIMAL}servre: {}\n`}                                            | ${'4:1'}  | ${'servre'}                            | ${'unknown key'}                                      | ${'server'}
    ${'unknown nested key'}     | ${acme('    schedule: { incremantal: 5m }\n')}                         | ${'7:17'} | ${'sources.a.schedule.incremantal'}    | ${'unknown key'}                                      | ${'incremental'}
    ${'unknown key far off'}    | ${`${MINIMAL}zebra: {}\n`}                                             | ${'4:1'}  | ${'zebra'}                             | ${'expected one of version, environment'}             | ${undefined}
    ${'duplicate key'}          | ${`${MINIMAL}server: {}\nserver: {}\n`}                                | ${'5:1'}  | ${'server'}                            | ${'the first stands in line 4'}                       | ${undefined}
    ${'number for text'}        | ${acme('').replace('username: u', 'username: 123')}                    | ${'6:38'} | ${'sources.a.auth.username'}           | ${'found the number 123, expected a text; put it in quotes: "123"'} | ${undefined}
    ${'text for number'}        | ${`${MINIMAL}server: { port: "80" }\n`}                                | ${'4:17'} | ${'server.port'}                       | ${'leave the quotes away'}                            | ${undefined}
    ${'fraction'}               | ${`${MINIMAL}server: { port: 80.5 }\n`}                                | ${'4:17'} | ${'server.port'}                       | ${'a whole number'}                                   | ${undefined}
    ${'out of bounds'}          | ${`${MINIMAL}server: { port: 70000 }\n`}                               | ${'4:17'} | ${'server.port'}                       | ${'not greater than 65535'}                           | ${undefined}
    ${'yes'}                    | ${acme('    push: { enabled: yes }\n')}                                | ${'7:22'} | ${'sources.a.push.enabled'}            | ${'expected true or false'}                           | ${'true'}
    ${'writes'}                 | ${`${MINIMAL}environment: { writes: offf }\n`}                         | ${'4:24'} | ${'environment.writes'}                | ${'one of on, off'}                                   | ${'off'}
    ${'percent'}                | ${acme('    safety: { maxDeleteRatio: 10% }\n')}                       | ${'7:31'} | ${'sources.a.safety.maxDeleteRatio'}   | ${'a number'}                                         | ${'0.1'}
    ${'list for map'}           | ${`${MINIMAL}server: [1]\n`}                                           | ${'4:9'}  | ${'server'}                            | ${'found a list of 1, expected a map with host, port'} | ${undefined}
    ${'map for list'}           | ${acme('    streams: { computers: 1 }\n')}                             | ${'7:14'} | ${'sources.a.streams'}                 | ${'expected a list'}                                  | ${undefined}
    ${'text for list'}          | ${acme('    streams: computers\n')}                                    | ${'7:14'} | ${'sources.a.streams'}                 | ${'expected a list'}                                  | ${undefined}
    ${'colon missing'}          | ${'version: 1\nsources:\n  b:\n    connector bare\n'}                  | ${'4:5'}  | ${'sources.b'}                         | ${'is a ":" missing?'}                                | ${undefined}
    ${'text for section'}       | ${acme('    push: on\n')}                                              | ${'7:11'} | ${'sources.a.push'}                    | ${'expected a map with enabled'}                      | ${undefined}
    ${'missing version'}        | ${'sources: { b: { connector: bare } }\n'}                             | ${'1:1'}  | ${'version'}                           | ${'missing key'}                                      | ${undefined}
    ${'wrong version'}          | ${MINIMAL.replace('version: 1', 'version: 2')}                         | ${'1:10'} | ${'version'}                           | ${'one of the following values: 1'}                   | ${undefined}
    ${'missing sources'}        | ${'version: 1\n'}                                                      | ${'1:1'}  | ${'sources'}                           | ${'missing key'}                                      | ${undefined}
    ${'missing connector'}      | ${'version: 1\nsources:\n  b: { role: itsm }\n'}                       | ${'3:3'}  | ${'sources.b.connector'}               | ${'missing key'}                                      | ${undefined}
    ${'empty connector'}        | ${'version: 1\nsources:\n  b:\n    connector:\n'}                      | ${'4:5'}  | ${'sources.b.connector'}               | ${'"connector" without a value'}                      | ${undefined}
    ${'source without a word'}  | ${'version: 1\nsources:\n  b:\n'}                                      | ${'3:3'}  | ${'sources.b.connector'}               | ${'missing key'}                                      | ${undefined}
    ${'unknown connector'}      | ${'version: 1\nsources: { b: { connector: acmee } }\n'}                | ${'2:28'} | ${'sources.b.connector'}               | ${'one of acme, sheet, bare'}                         | ${'acme'}
    ${'no such path'}           | ${'version: 1\nsources: { b: { connector: ./mine } }\n'}               | ${'2:28'} | ${'sources.b.connector'}               | ${'unknown connector'}                                | ${undefined}
    ${'missing baseUrl'}        | ${acme('').replace(/ {4}baseUrl.*\n/, '')}                             | ${'3:3'}  | ${'sources.a.baseUrl'}                 | ${'e.g. https://acme.example.com'}                    | ${undefined}
    ${'baseUrl of a file'}      | ${'version: 1\nsources: { s: { connector: sheet, baseUrl: "https://x.example.com", options: { path: x } } }\n'} | ${'2:35'} | ${'sources.s.baseUrl'} | ${'sheet has no address'} | ${undefined}
    ${'bad URL'}                | ${acme('').replace('https://a', 'a')}                                  | ${'5:14'} | ${'sources.a.baseUrl'}                 | ${'bad URL'}                                          | ${'https://a.example.com'}
    ${'wrong protocol'}         | ${acme('').replace('https:', 'htps:')}                                 | ${'5:14'} | ${'sources.a.baseUrl'}                 | ${'the protocol "htps:"'}                             | ${'https:'}
    ${'missing auth'}           | ${acme('').replace(/ {4}auth.*\n/, '')}                                | ${'3:3'}  | ${'sources.a.auth'}                    | ${'{ method: basic, username, password }'}            | ${undefined}
    ${'unknown method'}         | ${acme('').replace('basic', 'basik')}                                  | ${'6:21'} | ${'sources.a.auth.method'}             | ${'one of basic, oauth_client_credentials'}           | ${'basic'}
    ${'missing auth key'}       | ${acme('').replace('username: u, ', '')}                               | ${'6:5'}  | ${'sources.a.auth.username'}           | ${'for the method basic'}                             | ${undefined}
    ${'misspelled auth key'}    | ${acme('').replace('username: u', 'usrname: u')}                       | ${'6:28'} | ${'sources.a.auth.usrname'}            | ${'unknown key'}                                      | ${'username'}
    ${'foreign auth key'}       | ${acme('').replace('username: u', 'username: u, tenant: x')}           | ${'6:41'} | ${'sources.a.auth.tenant'}             | ${'it is no key of basic'}                            | ${undefined}
    ${'literal secret'}         | ${acme('').replace('"${env:ACME_PASSWORD}"', 'hunter2')}               | ${'6:51'} | ${'sources.a.auth.password'}           | ${'literal secret: found a literal value'}            | ${undefined}
    ${'number as secret'}       | ${acme('').replace('"${env:ACME_PASSWORD}"', '12345')}                 | ${'6:51'} | ${'sources.a.auth.password'}           | ${'literal secret: found a literal value'}            | ${undefined}
    ${'half a secret'}          | ${acme('').replace('"${env:ACME_PASSWORD}"', '"x${env:ACME_PASSWORD}"')} | ${'6:51'} | ${'sources.a.auth.password'}         | ${'literal secret'}                                   | ${undefined}
    ${'secret default'}         | ${acme('').replace('ACME_PASSWORD}', 'ACME_PASSWORD:-hunter2}')}       | ${'6:51'} | ${'sources.a.auth.password'}           | ${'found a literal default'}                          | ${undefined}
    ${'empty secret'}           | ${acme('').replace('ACME_PASSWORD', 'EMPTY')}                          | ${'6:51'} | ${'sources.a.auth.password'}           | ${'empty secret'}                                     | ${undefined}
    ${'shared key'}             | ${acme('    webhook: { auth: { method: shared, key: letmein } }\n')}   | ${'7:45'} | ${'sources.a.webhook.auth.key'}        | ${'literal secret'}                                   | ${undefined}
    ${'password in a URL'}      | ${`${MINIMAL}database: { url: "mysql://u:hunter2@h/db" }\n`}           | ${'4:29'} | ${'database.url'}                      | ${'a literal password in a URL'}                      | ${undefined}
    ${'missing variable'}       | ${acme('').replace('ACME_PASSWORD', 'ACME_PASWORD')}                   | ${'6:52'} | ${'sources.a.auth.password'}           | ${'ACME_PASWORD not set'}                             | ${'ACME_PASSWORD'}
    ${'missing file'}           | ${acme('').replace('env:ACME_PASSWORD', 'file:./nowhere')}             | ${'6:52'} | ${'sources.a.auth.password'}           | ${'missing file: found no file at /'}                 | ${undefined}
    ${'bare reference'}         | ${`${MINIMAL}environment: { name: "\${NAME}" }\n`}                     | ${'4:23'} | ${'environment.name'}                  | ${'bad reference'}                                    | ${'${env:NAME}'}
    ${'value of a reference'}   | ${`${MINIMAL}server: { port: "\${env:ACME_USER}" }\n`}                 | ${'4:17'} | ${'server.port'}                       | ${'"${env:ACME_USER}", whose value does not fit'}     | ${undefined}
    ${'bad cron'}               | ${acme('    schedule: { full: "61 2 * * *" }\n')}                      | ${'7:23'} | ${'sources.a.schedule.full'}           | ${'bad cron expression'}                              | ${undefined}
    ${'endless step'}           | ${acme('    schedule: { full: "*/99 * * * *" }\n')}                    | ${'7:23'} | ${'sources.a.schedule.full'}           | ${'must be between 1 and 59'}                         | ${undefined}
    ${'four fields'}            | ${acme('    schedule: { full: "1 2 * *" }\n')}                         | ${'7:23'} | ${'sources.a.schedule.full'}           | ${'it has 4 fields'}                                  | ${undefined}
    ${'bare number'}            | ${acme('    safety: { missingFor: "30" }\n')}                          | ${'7:27'} | ${'sources.a.safety.missingFor'}       | ${'say the unit: 30s, 30m, 30h or 30d'}               | ${undefined}
    ${'bare YAML number'}       | ${acme('    safety: { missingFor: 30 }\n')}                            | ${'7:27'} | ${'sources.a.safety.missingFor'}       | ${'say the unit: 30s, 30m, 30h or 30d'}               | ${undefined}
    ${'words'}                  | ${acme('    safety: { missingFor: 2 weeks }\n')}                       | ${'7:27'} | ${'sources.a.safety.missingFor'}       | ${'no duration: found "2 weeks"'}                     | ${'14d'}
    ${'bad zone'}               | ${acme('    schedule: { timezone: Europe/Berlim }\n')}                 | ${'7:27'} | ${'sources.a.schedule.timezone'}       | ${'unknown time zone'}                                | ${'Europe/Berlin'}
    ${'bad expression'}         | ${acme(`    where: "class = 'servr' and name is known"\n`)}            | ${'7:21'} | ${'sources.a.where'}                   | ${'one of hardware, server'}                          | ${'server'}
    ${'block expression'}       | ${acme(`    where: |\n      class = 'server'\n      and nmae = 'x'\n`)} | ${'9:11'} | ${'sources.a.where'}                  | ${'bad expression: found nmae'}                       | ${'name'}
    ${'single-quoted'}          | ${acme(`    where: 'name = ''it'' and stage = ''x'''\n`)}              | ${'7:39'} | ${'sources.a.where'}                   | ${'one of requested'}                                 | ${undefined}
    ${'look-ahead'}             | ${acme(`    where: "name matches '(?=x)'"\n`)}                         | ${'7:26'} | ${'sources.a.where'}                   | ${'no look-around'}                                   | ${undefined}
    ${'function elsewhere'}     | ${acme(`    where: "absent_for() > 3d"\n`)}                            | ${'7:13'} | ${'sources.a.where'}                   | ${'bad expression'}                                   | ${undefined}
    ${'source in a rule'}       | ${`${MINIMAL}lifecycle: { rules: [ { name: r, when: "first_seen_by('acmee')", to: retired } ] }\n`} | ${'4:55'} | ${'lifecycle.rules[0].when'} | ${'one of itsm, discovery'} | ${undefined}
    ${'unknown stream'}         | ${acme('    streams: [computers, asets]\n')}                           | ${'7:26'} | ${'sources.a.streams[1]'}              | ${'one of computers, assets, relationships'}          | ${'assets'}
    ${'no stream'}              | ${acme('    streams: []\n')}                                           | ${'7:14'} | ${'sources.a.streams'}                 | ${'for the default ones'}                             | ${undefined}
    ${'bad JSONata'}            | ${acme('    mapping: { computers: { name: "$uppercase(x" } }\n')}      | ${'7:48'} | ${'sources.a.mapping.computers.name'}  | ${'bad mapping'}                                      | ${undefined}
    ${'evil pattern'}           | ${acme('    mapping: { computers: { name: "$match(x, /(a)\\\\1/)" } }\n')} | ${'7:46'} | ${'sources.a.mapping.computers.name'} | ${'a regular expression of RE2'}                   | ${undefined}
    ${'mapped stage'}           | ${acme('    mapping: { computers: { stage: { values: { 7: retierd } } } }\n')} | ${'7:51'} | ${'sources.a.mapping.computers.stage.values.7'} | ${'unknown stage'}              | ${'retired'}
    ${'default without value'}  | ${acme('    mapping: { computers: { owner: { unknown: default } } }\n')} | ${'7:29'} | ${'sources.a.mapping.computers.owner.default'} | ${'missing key'}                            | ${undefined}
    ${'mapping of no stream'}   | ${acme('    mapping: { computer: { owner: null } }\n')}                | ${'7:16'} | ${'sources.a.mapping.computer'}        | ${'unknown stream'}                                   | ${'computers'}
    ${'slip of an attribute'}   | ${acme('    push: { fields: [stage, locaton] }\n')}                    | ${'7:29'} | ${'sources.a.push.fields[1]'}          | ${'unknown attribute'}                                | ${'location'}
    ${'stage conflict'}         | ${acme('    push: { onConflict: { default: ours, stage: theirs } }\n')} | ${'7:42'} | ${'sources.a.push.onConflict.stage'}  | ${'section 7'}                                        | ${undefined}
    ${'conflict word'}          | ${acme('    push: { onConflict: { location: their } }\n')}             | ${'7:37'} | ${'sources.a.push.onConflict.location'} | ${'one of ours, theirs, newest, hold'}              | ${'theirs'}
    ${'quiet hours'}            | ${acme('    push: { quietHours: ["Mon-Fri 8-10"] }\n')}                | ${'7:26'} | ${'sources.a.push.quietHours[0]'}      | ${'Mo-Fr 08:00-10:00'}                                | ${undefined}
    ${'rate'}                   | ${acme('    push: { maxWrites: 500 per hour }\n')}                     | ${'7:24'} | ${'sources.a.push.maxWrites'}          | ${'500/h'}                                            | ${undefined}
    ${'option of the connector'} | ${acme('    options: { pageSise: 5 }\n')}                             | ${'7:16'} | ${'sources.a.options.pageSise'}        | ${'unknown key'}                                      | ${'pageSize'}
    ${'bounds of an option'}    | ${acme('    options: { pageSize: 2 }\n')}                              | ${'7:26'} | ${'sources.a.options.pageSize'}        | ${'not less than 5'}                                  | ${undefined}
    ${'item of an option'}      | ${acme('    options: { regions: [eu-1, moon] }\n')}                    | ${'7:32'} | ${'sources.a.options.regions[1]'}      | ${'a region looks like eu-1'}                         | ${undefined}
    ${'nested option'}          | ${acme('    options: { roles: [ { roleName: x }, { externalId: y } ] }\n')} | ${'7:42'} | ${'sources.a.options.roles[1].roleName'} | ${'missing key'}                              | ${undefined}
    ${'type of an option'}      | ${acme('    options: { deep: "true" }\n')}                             | ${'7:22'} | ${'sources.a.options.deep'}            | ${'expected true or false'}                           | ${'true'}
    ${'item of a transformed option'} | ${'version: 1\nsources:\n  s: { connector: sheet, options: { path: x, files: [a, 3] } }\n'} | ${'3:57'} | ${'sources.s.options.files[1]'} | ${'a string'} | ${undefined}
    ${'option needed'}          | ${'version: 1\nsources:\n  s: { connector: sheet }\n'}                 | ${'3:3'}  | ${'sources.s.options.path'}            | ${'missing key'}                                      | ${undefined}
    ${'options of none'}        | ${'version: 1\nsources:\n  b: { connector: bare, options: { x: 1 } }\n'} | ${'3:36'} | ${'sources.b.options.x'}             | ${'bare has no options'}                              | ${undefined}
    ${'webhook of none'}        | ${'version: 1\nsources:\n  b: { connector: bare, webhook: { auth: { method: x } } }\n'} | ${'3:25'} | ${'sources.b.webhook'} | ${'bare takes no deliveries'}          | ${undefined}
    ${'one of two keys'}        | ${acme('    webhook: { auth: { method: jwt, algorithm: ES256 } }\n')}  | ${'7:16'} | ${'sources.a.webhook.auth.publicKey'}  | ${'"publicKey" or "discovery"'}                       | ${undefined}
    ${'junk kind'}              | ${`${MINIMAL}identity: { junk: { seral: [x] } }\n`}                    | ${'4:21'} | ${'identity.junk.seral'}               | ${'unknown kind of identifier'}                       | ${'serial'}
    ${'tier word'}              | ${`${MINIMAL}identity: { rules: { hardware: { link: [serial, bios_uid] } } }\n`} | ${'4:49'} | ${'identity.rules.hardware.link[1]'} | ${'one of serial'}                        | ${'bios_uuid'}
    ${'two tiers'}              | ${`${MINIMAL}identity: { rules: { hardware: { link: [serial], attach: [serial] } } }\n`} | ${'4:59'} | ${'identity.rules.hardware.attach[0]'} | ${'in link and in attach'}      | ${undefined}
    ${'class of a rule'}        | ${`${MINIMAL}identity: { rules: { hardwear: {} } }\n`}                 | ${'4:22'} | ${'identity.rules.hardwear'}           | ${'unknown class'}                                    | ${'hardware'}
    ${'parent class'}           | ${`${MINIMAL}identity: { classes: { rack: srever } }\n`}               | ${'4:30'} | ${'identity.classes.rack'}             | ${'unknown class'}                                    | ${'server'}
    ${'cycle of classes'}       | ${`${MINIMAL}identity: { classes: { rack: rack } }\n`}                 | ${'4:30'} | ${'identity.classes.rack'}             | ${'cycle of classes'}                                 | ${undefined}
    ${'built-in class'}         | ${`${MINIMAL}identity: { classes: { server: computer } }\n`}           | ${'4:24'} | ${'identity.classes.server'}           | ${'class exists'}                                     | ${undefined}
    ${'unknown source'}         | ${`${MINIMAL}authority: { default: [bb, role:itsm] }\n`}               | ${'4:24'} | ${'authority.default[0]'}              | ${'unknown source'}                                   | ${'b'}
    ${'unknown role'}           | ${`${MINIMAL}authority: { stage: { order: [role:itms] } }\n`}          | ${'4:36'} | ${'authority.stage.order[0]'}          | ${'unknown role'}                                     | ${'role:itsm'}
    ${'class in authority'}     | ${`${MINIMAL}authority: { hardwear: { name: [b] } }\n`}                | ${'4:14'} | ${'authority.hardwear'}                | ${'unknown class'}                                    | ${'hardware'}
    ${'strategy'}               | ${`${MINIMAL}authority: { hardware: { tags: { strategy: joined } } }\n`} | ${'4:44'} | ${'authority.hardware.tags.strategy'} | ${'one of ordered, newest'}                          | ${undefined}
    ${'silent speaker'}         | ${`${MINIMAL}lifecycle: { speakers: { c: all } }\n`}                   | ${'4:26'} | ${'lifecycle.speakers.c'}              | ${'unknown source'}                                   | ${undefined}
    ${'speaker word'}           | ${`${MINIMAL}lifecycle: { speakers: { b: al } }\n`}                    | ${'4:29'} | ${'lifecycle.speakers.b'}              | ${'one of all, none'}                                 | ${'all'}
    ${'transition'}             | ${`${MINIMAL}lifecycle: { transitions: { add: ["retired -> in_us"] } }\n`} | ${'4:47'} | ${'lifecycle.transitions.add[0]'}  | ${'unknown stage'}                                    | ${'retired -> in_use'}
    ${'rule twice'}             | ${`${MINIMAL}lifecycle: { rules: [ { name: r, when: "name is known", to: retired }, { name: r, when: "name is known", to: retired } ] }\n`} | ${'4:80'} | ${'lifecycle.rules[1].name'} | ${'named twice'} | ${undefined}
    ${'spelled for two'}        | ${`${MINIMAL}references: { locations: { Berlin: [B], Bonn: [b] } }\n`} | ${'4:48'} | ${'references.locations.Bonn[0]'}      | ${'"Berlin" and for "Bonn"'}                          | ${undefined}
    ${'unknown channel'}        | ${`${MINIMAL}policies: { warranty: { notify: [opps] } }\nnotifications: { channels: { ops: { type: slack, url: "https://x.example.com" } } }\n`} | ${'4:34'} | ${'policies.warranty.notify[0]'} | ${'one of ops'} | ${'ops'}
    ${'mail without receiver'}  | ${`${MINIMAL}notifications: { channels: { m: { type: email, smtp: "smtp://mail.example.com", from: a } } }\n`} | ${'4:30'} | ${'notifications.channels.m.to'} | ${'for a channel of type email'} | ${undefined}
    ${'bad encryption key'}     | ${`${MINIMAL}security: { encryptionKey: "\${env:ACME_USER}" }\n`}      | ${'4:28'} | ${'security.encryptionKey'}            | ${'32 bytes'}                                         | ${undefined}
    ${'unknown database'}       | ${`${MINIMAL}database: { url: "postgres://h/db" }\n`}                  | ${'4:18'} | ${'database.url'}                      | ${'unknown database'}                                 | ${undefined}
    ${'sqlite with slashes'}    | ${`${MINIMAL}database: { url: "sqlite://x.db" }\n`}                    | ${'4:18'} | ${'database.url'}                      | ${'without "//"'}                                     | ${undefined}
    ${'missing CA file'}        | ${acme('    tls: { caFile: none.pem }\n')}                             | ${'7:20'} | ${'sources.a.tls.caFile'}              | ${'missing file'}                                     | ${undefined}
    ${'name of a source'}       | ${'version: 1\nsources: { "a/b": { connector: bare } }\n'}             | ${'2:12'} | ${'sources.a/b'}                       | ${'bad name of a source'}                             | ${undefined}
    ${'names alike'}            | ${'version: 1\nsources: { b: { connector: bare }, B: { connector: bare } }\n'} | ${'2:36'} | ${'sources.B'}                   | ${'differ in more than capitals'}                     | ${undefined}
    ${'cycle of aliases'}       | ${`${MINIMAL}server: &s { host: *s }\n`}                               | ${'4:20'} | ${'server.host'}                       | ${'cycle of aliases'}                                 | ${undefined}
    ${'unknown alias'}          | ${`${MINIMAL}server: *s\n`}                                            | ${'4:9'}  | ${'server'}                            | ${'unknown alias'}                                    | ${undefined}
    ${'a tab'}                  | ${'version: 1\nsources:\n\tb: { connector: bare }\n'}                  | ${'3:1'}  | ${''}                                  | ${'a tab as indentation'}                             | ${undefined}
    ${'an empty file'}          | ${''}                                                                  | ${'1:1'}  | ${''}                                  | ${'empty file'}                                       | ${undefined}
    ${'only a comment'}         | ${'# later\n'}                                                         | ${'1:1'}  | ${''}                                  | ${'empty file'}                                       | ${undefined}
    ${'a list at the root'}     | ${'- version: 1\n'}                                                    | ${'1:1'}  | ${''}                                  | ${'a list at the root'}                               | ${undefined}
    ${'a text at the root'}     | ${'hello\n'}                                                           | ${'1:1'}  | ${''}                                  | ${'a single value at the root'}                       | ${undefined}
    ${'two documents'}          | ${`${MINIMAL}---\nversion: 1\n`}                                       | ${'4:1'}  | ${''}                                  | ${'several documents'}                                | ${undefined}
    ${'a NUL byte'}             | ${'version: 1\nx: \u0000\n'}                                           | ${'2:4'}  | ${''}                                  | ${'a NUL byte'}                                       | ${undefined}
    ${'depth'}                  | ${`${MINIMAL}server: ${'['.repeat(70)}${']'.repeat(70)}\n`}            | ${'4:73'} | ${''}                                  | ${'more than 64 levels'}                              | ${undefined}
    ${'a colon too many'}       | ${`${MINIMAL}environment: { name: x }\nserver:\n  host: a: b\n`}       | ${'6:9'}  | ${''}                                  | ${'two ": " on one line'}                             | ${undefined}
    ${'a quote too few'}        | ${`${MINIMAL}server:\n  host: "x\n  port: 1\n`}                        | ${'5:9'}  | ${''}                                  | ${'without its closing quote'}                        | ${undefined}
    ${'a key of null'}          | ${`${MINIMAL}server: { ~: 1 }\n`}                                      | ${'4:11'} | ${'server'}                            | ${'an empty key'}                                     | ${undefined}
  `('$mistake', async ({ text, at, path, message, suggestion }: { text: string; at: string; path: string; message: string; suggestion?: string }) => {
    expect(await first(text)).toEqual({ at, path, message: expect.stringContaining(message), ...(suggestion !== undefined && { suggestion }), count: 1 });
  });

  it.each`
    name                   | bytes                                                                            | at       | message
    ${'Latin-1'}           | ${Buffer.from(`${MINIMAL}environment: { name: M\u00fcnchen }\n`, 'latin1')}      | ${'4:23'} | ${'found the byte 0xfc, expected UTF-8'}
    ${'UTF-16'}            | ${Buffer.from(`\ufeff${MINIMAL}`, 'utf16le')}                                    | ${'1:1'} | ${'found UTF-16'}
    ${'more than a MiB'}   | ${Buffer.alloc(1_048_577, '#')}                                                  | ${'1:1'} | ${'file too large'}
  `('$name', async ({ bytes, at, message }: { bytes: Uint8Array; at: string; message: string }) => {
    expect(await first(bytes)).toMatchObject({ at, message: expect.stringContaining(message), count: 1 });
  });

  it('a byte order mark and Windows line ends are no mistake', async () => {
    expect((await load(`\ufeff${MINIMAL.replaceAll('\n', '\r\n')}servr: 1\r\n`)).problems).toMatchObject([{ line: 4, column: 1 }]);
  });

  it('bombs are refused at once', async () => {
    const laughs = Array.from({ length: 9 }, (_, i) => `  l${i + 1}: &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`).join('\n');
    const bombs = [`${MINIMAL}server:\n  l0: &l0 x\n${laughs}\n`, '['.repeat(1_000_000), '- '.repeat(500_000), '&a '.repeat(300_000), '"'.repeat(1_000_000), 'a: '.repeat(300_000)];

    for (const bomb of bombs) {
      const begun = performance.now();
      const { problems } = await load(bomb);

      expect(problems.length).toBeGreaterThan(0);
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
    expect(JSON.stringify((await load(bombs[0]!)).problems)).toContain('too many aliases');
  });
});

describe('a file with twenty mistakes', () => {
  const text = `version: 1
environment: { name: prod, writes: maybe }
databse: { url: "sqlite:x.db" }
server: { port: http, host: 127.0.0.1 }
sources:
  a:
    connector: acme
    baseUrl: https://a.example.com
    auth: { method: basic, username: "\${env:NO_SUCH_USER}", password: hunter2-canary }
    streams: [computers, printers]
    where: "class = 'server' adn name is known"
    schedule: { incremental: "*/99 * * * *", full: 30, timezone: Mars/Olympus }
    push: { enabled: yes, onConflict: { stage: ours }, maxWrites: lots }
    safety: { maxDeleteRatio: 1.5 }
    options: { pageSize: 1 }
  b:
    connector: unheard-of
  c:
    connector: sheet
    connector: bare
    options: { path: c.csv }
authority: { hardware: { name: [nobody] } }
lifecycle: { rules: [ { name: r, when: "stage = 'acquired'", to: gone } ] }
retention: { inbox: "30" }
`;

  it('gives twenty problems in one run, each at its place, in order', async () => {
    const { problems } = await load(text);

    expect(problems.map((problem) => `${problem.line}:${problem.column} ${problem.path}`)).toEqual([
      '2:36 environment.writes', '3:1 databse', '4:17 server.port', '9:39 sources.a.auth.username', '9:71 sources.a.auth.password', '10:26 sources.a.streams[1]',
      '11:30 sources.a.where', '12:30 sources.a.schedule.incremental', '12:52 sources.a.schedule.full', '12:66 sources.a.schedule.timezone', '13:22 sources.a.push.enabled',
      '13:41 sources.a.push.onConflict.stage', '13:67 sources.a.push.maxWrites', '14:31 sources.a.safety.maxDeleteRatio', '15:26 sources.a.options.pageSize',
      '17:16 sources.b.connector', '20:5 sources.c.connector', '22:33 authority.hardware.name[0]', '23:66 lifecycle.rules[0].to', '24:21 retention.inbox',
    ]);
    for (const problem of problems) expect({ ...problem, suggestion: '' }).toEqual({ file: 'lockstep.yaml', line: expect.any(Number), column: expect.any(Number), path: expect.any(String), message: expect.stringMatching(/./), found: expect.stringMatching(/./), expected: expect.stringMatching(/./), suggestion: '' });
    expect(problems.map((problem) => formatProblem(problem, { source: true })).join('\n')).not.toContain('hunter2-canary');
  });

  it('goes on behind lines that are no YAML', async () => {
    const { problems } = await load(text.replace('    streams: [computers', '     streams: [computers').replace('retention: {', 'policies:\n\tdisposition: { rulez: [] }\nretention: {').replace('    connector: unheard-of', '    connector unheard-of'));

    expect(problems.map((problem) => problem.line)).toEqual([2, 3, 4, 9, 9, 10, 10, 11, 12, 12, 12, 13, 13, 13, 14, 15, 17, 20, 22, 23, 25, 25, 26]);
  });
});
