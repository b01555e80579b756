import { request } from 'node:https';
import { X509Certificate } from 'node:crypto';
import { selfSigned } from './certificate.js';
import { FaultSet } from './faults.js';
import { machineClock, startServer } from './server.js';

const DAY = 86_400_000;

async function reach(validity: { from: number; until: number }, trusted: boolean): Promise<string> {
  const certificate = selfSigned(validity);
  const server = await startServer({
    clock: machineClock, tls: certificate, faults: new FaultSet({ unauthorised: () => ({ status: 401 }), forbidden: () => ({ status: 403 }) }, []),
    classify: () => ({ purpose: 'data' }), answer: ({ origin }) => ({ status: 200, body: origin }),
  });
  try {
    return await new Promise((resolve) => {
      request(server.url, { agent: false, ...(trusted && { ca: certificate.cert }) }, (answer) => {
        answer.on('data', (part: Buffer) => resolve(part.toString() === server.url ? 'reached' : part.toString()));
      }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
    });
  } finally {
    await server.close();
  }
}

describe('selfSigned', () => {
  it('is for the loopback, and its own authority', () => {
    const x509 = new X509Certificate(selfSigned({ from: Date.UTC(2020, 0, 1), until: Date.UTC(2060, 0, 1) }).cert);

    expect(x509.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
    expect([x509.ca, x509.verify(x509.publicKey)]).toEqual([true, true]);
    expect([new Date(x509.validFrom).getUTCFullYear(), new Date(x509.validTo).getUTCFullYear()]).toEqual([2020, 2060]);
  });

  it('is reached when trusted, refused when not, and refused when expired', async () => {
    const valid = { from: Date.now() - DAY, until: Date.now() + DAY };

    expect(await reach(valid, true)).toBe('reached');
    expect(await reach(valid, false)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await reach({ from: Date.now() - 2 * DAY, until: Date.now() - DAY }, true)).toBe('CERT_HAS_EXPIRED');
  });
});
