import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';

/** An identity provider that publishes one key, and signs whatever a test asks for. */
export interface Provider {
  readonly issuer: string;
  /** Answers nothing but 500 from now on. */
  isDown: boolean;
  /** Another key than the one before; the old one is not published any more. */
  rotate(): Promise<void>;
  readonly asked: string[];
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly kid: string;
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>, key?: CryptoKey | Uint8Array): Promise<string>;
  close(): Promise<void>;
}

export async function startProvider(): Promise<Provider> {
  let pair = await generateKeyPair('RS256', { extractable: true });
  let serial = 1;
  const server = createServer((request, response) => {
    provider.asked.push(request.url ?? '');
    if (provider.isDown) return void response.writeHead(500).end();
    void (async () => {
      const body = request.url === '/keys' ? { keys: [{ ...(await exportJWK(pair.publicKey)), kid: provider.kid, use: 'sig', alg: 'RS256' }] } : { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: Provider = {
    issuer, isDown: false, asked: [],
    get key() { return pair.privateKey; },
    get publicKey() { return pair.publicKey; },
    get kid() { return `key-${serial}`; },
    rotate: async () => {
      pair = await generateKeyPair('RS256', { extractable: true });
      serial++;
    },
    sign: (claims, header = {}, key = pair.privateKey) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: provider.kid, ...header }).sign(key),
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
  return provider;
}
