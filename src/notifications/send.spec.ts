import { createServer, type AddressInfo } from 'node:net';
import type { Channel } from '../config/types.js';
import { realCarriers, sendTo } from './send.js';

const message = {
  id: 'msg_1', at: 0, environment: 'test',
  entries: [{ notice: 1, event: 'opened' as const, at: 0, snapshot: { key: 'k', kind: 'test' as const, source: null, severity: 'info' as const, title: 'It works', detail: { text: 't', next: 'n', path: '/p' }, firstAt: 0, lastAt: 0, times: 1, endedAt: null, by: null } }],
};

/** Speaks as much SMTP as a mail needs; `refuse`: what it says to a receiver. */
async function mailServer(refuse?: string) {
  const heard: string[] = [];
  let inData = false;
  const server = createServer((socket) => {
    socket.write('220 mail.test\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').filter((each) => each !== '')) {
        heard.push(line);
        if (inData) {
          if (line !== '.') continue;
          inData = false;
          socket.write('250 queued as 4711\r\n');
        } else if (line === 'DATA') {
          inData = true;
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write(refuse !== undefined && line.startsWith('RCPT') ? `${refuse}\r\n` : '250 ok\r\n');
      }
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const channel: Channel = { type: 'email', smtp: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, from: 'lockstep@example.com', to: ['a@example.com', 'b@example.com'] };
  return { heard, channel, close: () => new Promise((done) => server.close(done)) };
}

const send = (channel: Channel) => sendTo(channel, message, realCarriers, 0, new AbortController().signal);

it('hands a mail to its server, for all receivers, under the id of the message', async () => {
  const { heard, channel, close } = await mailServer();

  expect(await send(channel)).toEqual({ ok: true, words: '250 queued as 4711' });
  expect(heard.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<a@example.com>', 'RCPT TO:<b@example.com>']);
  expect(heard).toEqual(expect.arrayContaining(['Subject: [test] info: It works', 'Message-ID: <msg_1@lockstep>', 'info: It works', '  next: n']));
  await close();
});

it('tells what the server said when it refuses, and that another try may help', async () => {
  const { channel, close } = await mailServer('550 no such user');

  expect(await send(channel)).toMatchObject({ ok: false, again: true, words: expect.stringContaining('550 no such user') });
  await close();
  expect(await send(channel)).toMatchObject({ ok: false, again: true, words: expect.stringContaining('ECONNREFUSED') });
});
