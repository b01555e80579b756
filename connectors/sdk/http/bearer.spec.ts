import { BearerAuthenticator, type BearerToken } from './bearer.js';

const send = () => Promise.reject(new Error('nobody sends here'));

class Desk extends BearerAuthenticator {
  readonly hint = 'a hint';
  asked = 0;
  fails = false;
  protected async fetch(): Promise<BearerToken> {
    this.asked += 1;
    await Promise.resolve();
    if (this.fails) throw new Error('no token');
    return { value: `token-${this.asked}`, renewInMs: 1_000 };
  }
}

describe('a bearer token', () => {
  let now = 0;
  let desk: Desk;
  beforeEach(() => { now = 5; desk = new Desk({ now: () => now, sleep: () => Promise.resolve() }); });
  const token = async (): Promise<string | undefined> => (await desk.authorise(send))['authorization'];

  it('is asked for once by requests that come together', async () => {
    expect(await Promise.all([token(), token(), token()])).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    expect(desk.asked).toBe(1);
  });

  it('serves until it is due, and not a millisecond longer', async () => {
    await token();
    now += 999;
    expect(await token()).toBe('Bearer token-1');
    now += 1;
    expect(await token()).toBe('Bearer token-2');
  });

  it('is forgotten when it is refused, and asked for anew', async () => {
    await token();
    expect(desk.reject()).toBe(true);
    expect(await token()).toBe('Bearer token-2');
  });

  it('that could not be had is asked for again by the next request', async () => {
    desk.fails = true;
    await expect(token()).rejects.toThrow('no token');
    desk.fails = false;
    expect(await token()).toBe('Bearer token-2');
  });
});
