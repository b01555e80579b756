import axios from 'axios';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useHttpMock, watchHttp } from './http-mock.js';

const outcome = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'answered', () => 'failed');

describe('watching HTTP', () => {
  it('answers what was expected, and is content', async () => {
    const http = watchHttp();
    http.on('https://acme.example').get('/v1/laptops').query({ page: 1 }).reply(200, { ok: true });

    const { data } = await axios.get<unknown>('https://acme.example/v1/laptops?page=1');

    expect(data).toEqual({ ok: true });
    expect(http.unused()).toEqual([]);
    expect(() => http.end()).not.toThrow();
  });

  it('fails where an expected request never came', () => {
    const http = watchHttp();
    http.on('https://acme.example').get('/v1/laptops').reply(200);

    expect(http.unused()).toHaveLength(1);
    expect(() => http.end()).toThrow('expected and never sent: GET https://acme.example:443/v1/laptops');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['axios', () => axios.get('https://acme.example/v1/phones')],
    ['fetch', () => fetch('https://acme.example/v1/phones')],
  ])('fails where %s sent what nobody expected, though the code swallowed the error', async (_what, send) => {
    const http = watchHttp();
    http.on('https://acme.example').get('/v1/laptops').reply(200);

    const [sent, wanted] = [await outcome(send()), await outcome(axios.get('https://acme.example/v1/laptops'))];

    expect([sent, wanted]).toEqual(['failed', 'answered']);
    expect(http.unexpected()).toHaveLength(1);
    expect(() => http.end()).toThrow(/^unexpected request: GET https:\/\/acme\.example(:443)?\/v1\/phones$/);
  });

  it('fails for a host that nobody named', async () => {
    const http = watchHttp();

    expect(await outcome(axios.post('http://other.example/token', 'x'))).toBe('failed');
    expect(() => http.end()).toThrow(/^unexpected request: POST http:\/\/other\.example(:80)?\/token$/);
  });

  it('fails when one expectation is asked twice', async () => {
    const http = watchHttp();
    http.on('https://acme.example').get('/once').reply(200);

    expect([await outcome(axios.get('https://acme.example/once')), await outcome(axios.get('https://acme.example/once'))]).toEqual(['answered', 'failed']);
    expect(() => http.end()).toThrow('unexpected request: GET');
  });

  it('reaches only servers that are allowed, and all again when it ends', async () => {
    const server = createServer((_request, response) => { response.end('real'); });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

    try {
      const closed = watchHttp();
      const refused = await outcome(axios.get(url));
      expect(() => closed.end()).toThrow('unexpected request');
      const open = watchHttp({ allow: ['127.0.0.1'] });
      const reached = await outcome(axios.get(url));
      expect(() => open.end()).not.toThrow();
      const after = await outcome(axios.get(url));

      expect([refused, reached, after]).toEqual(['failed', 'answered', 'answered']);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('in each test', () => {
  const http = useHttpMock();

  it('begins anew', async () => {
    http.on('https://acme.example').get('/a').reply(204);

    expect((await axios.get('https://acme.example/a')).status).toBe(204);
    expect(http.unexpected()).toEqual([]);
  });

  it('forgets the test before', () => expect(http.unused()).toEqual([]));
});

it('is of no use outside of a test', () => {
  expect(() => useOutside()).toThrow('useHttpMock works inside a test');
});

let useOutside: () => void;
describe('a mock that is asked before its tests run', () => {
  const http = useHttpMock();
  useOutside = () => { http.on('https://acme.example'); };

  it('is ready in them', () => expect(http.unused()).toEqual([]));
});
