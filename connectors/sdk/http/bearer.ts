import type { Authenticator, Clock, HttpRequest, HttpResponse } from '../contract/index.js';

export interface BearerToken {
  readonly value: string;
  /** ms from now after which another one is asked for. */
  readonly renewInMs: number;
}

/** Keeps one token, asks for it once whoever waits, and forgets it when it is refused. What a vendor's answer says is its connector's to read. */
export abstract class BearerAuthenticator implements Authenticator {
  abstract readonly hint: string;
  private token: { readonly value: string; readonly renewAt: number } | undefined;
  private pending: Promise<string> | undefined;

  constructor(protected readonly clock: Clock) {}

  protected abstract fetch(send: (request: HttpRequest) => Promise<HttpResponse>): Promise<BearerToken>;

  async authorise(send: (request: HttpRequest) => Promise<HttpResponse>): Promise<Readonly<Record<string, string>>> {
    if (this.token !== undefined && this.clock.now() < this.token.renewAt) return { authorization: `Bearer ${this.token.value}` };
    // requests that come together wait for one token
    this.pending ??= this.renew(send).finally(() => { this.pending = undefined; });
    return { authorization: `Bearer ${await this.pending}` };
  }

  reject(): boolean {
    this.token = undefined;
    return true;
  }

  private async renew(send: (request: HttpRequest) => Promise<HttpResponse>): Promise<string> {
    const { value, renewInMs } = await this.fetch(send);
    this.token = { value, renewAt: this.clock.now() + renewInMs };
    return value;
  }
}
