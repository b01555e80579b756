import { Buffer } from 'node:buffer';
import { formatProblem } from '../../src/config/index.js';
import { first, load, MINIMAL } from './support.js';

describe('one mistake gives one problem, at its place, with how to mend it', () => {
  it.each`
    mistake                     | text                                                                   | at        | path                                   | message                                               | suggestion
    ${'unknown key'}            | ${`${MINIMAL}servre: {}\n`}                                            | ${'4:1'}  | ${'servre'}                            | ${'unknown key'}                                      | ${'server'}
    ${'unknown key far off'}    | ${`${MINIMAL}zebra: {}\n`}                                             | ${'4:1'}  | ${'zebra'}                             | ${'expected one of version, environment'}             | ${undefined}
    ${'duplicate key'}          | ${`${MINIMAL}server: {}\nserver: {}\n`}                                | ${'5:1'}  | ${'server'}                            | ${'the first stands in line 4'}                       | ${undefined}
    ${'text for number'}        | ${`${MINIMAL}server: { port: "80" }\n`}                                | ${'4:17'} | ${'server.port'}                       | ${'leave the quotes away'}                            | ${undefined}
    ${'fraction'}               | ${`${MINIMAL}server: { port: 80.5 }\n`}                                | ${'4:17'} | ${'server.port'}                       | ${'a whole number'}                                   | ${undefined}
    ${'out of bounds'}          | ${`${MINIMAL}server: { port: 70000 }\n`}                               | ${'4:17'} | ${'server.port'}                       | ${'not greater than 65535'}                           | ${undefined}
    ${'writes'}                 | ${`${MINIMAL}environment: { writes: offf }\n`}                         | ${'4:24'} | ${'environment.writes'}                | ${'one of on, off'}                                   | ${'off'}
    ${'list for map'}           | ${`${MINIMAL}server: [1]\n`}                                           | ${'4:9'}  | ${'server'}                            | ${'found a list of 1, expected a map with host, port'} | ${undefined}
    ${'missing version'}        | ${'sources: { b: { connector: bare } }\n'}                             | ${'1:1'}  | ${'version'}                           | ${'missing key'}                                      | ${undefined}
    ${'wrong version'}          | ${MINIMAL.replace('version: 1', 'version: 2')}                         | ${'1:10'} | ${'version'}                           | ${'one of the following values: 1'}                   | ${undefined}
    ${'missing sources'}        | ${'version: 1\n'}                                                      | ${'1:1'}  | ${'sources'}                           | ${'missing key'}                                      | ${undefined}
    ${'password in a URL'}      | ${`${MINIMAL}database: { url: "mysql://u:hunter2@h/db" }\n`}           | ${'4:29'} | ${'database.url'}                      | ${'a literal password in a URL'}                      | ${undefined}
    ${'bare reference'}         | ${`${MINIMAL}environment: { name: "\${NAME}" }\n`}                     | ${'4:23'} | ${'environment.name'}                  | ${'bad reference'}                                    | ${'${env:NAME}'}
    ${'value of a reference'}   | ${`${MINIMAL}server: { port: "\${env:ACME_USER}" }\n`}                 | ${'4:17'} | ${'server.port'}                       | ${'"${env:ACME_USER}", whose value does not fit'}     | ${undefined}
    ${'source in a rule'}       | ${`${MINIMAL}lifecycle: { rules: [ { name: r, when: "first_seen_by('acmee')", to: retired } ] }\n`} | ${'4:55'} | ${'lifecycle.rules[0].when'} | ${'one of itsm, discovery'} | ${undefined}
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
    ${'channel by http'}        | ${`${MINIMAL}notifications: { channels: { h: { type: slack, url: "http://hooks.example.com/x" } } }\n`} | ${'4:53'} | ${'notifications.channels.h.url'} | ${'expected https'} | ${undefined}
    ${'severity of a rule'}     | ${`${MINIMAL}notifications: { channels: { h: { type: slack, url: "https://hooks.example.com" } }, rules: [ { minSeverity: warnin, to: [h] } ] }\n`} | ${'4:110'} | ${'notifications.rules[0].minSeverity'} | ${'one of info, warning, error'} | ${'warning'}
    ${'bad encryption key'}     | ${`${MINIMAL}security: { encryptionKey: "\${env:ACME_USER}" }\n`}      | ${'4:28'} | ${'security.encryptionKey'}            | ${'32 bytes'}                                         | ${undefined}
    ${'unknown database'}       | ${`${MINIMAL}database: { url: "postgres://h/db" }\n`}                  | ${'4:18'} | ${'database.url'}                      | ${'unknown database'}                                 | ${undefined}
    ${'sqlite with slashes'}    | ${`${MINIMAL}database: { url: "sqlite://x.db" }\n`}                    | ${'4:18'} | ${'database.url'}                      | ${'without "//"'}                                     | ${undefined}
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
