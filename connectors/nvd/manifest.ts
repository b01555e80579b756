import type { Manifest } from '../sdk/contract/index.js';

/** NVD asks every product that shows its data to display this (https://nvd.nist.gov/developers/start-here). */
export const NOTICE = 'This product uses data from the NVD API but is not endorsed or certified by the NVD.';

export const manifest: Manifest = {
  name: 'nvd',
  title: 'NIST National Vulnerability Database',
  role: 'vulnerability',
  about: `Vulnerabilities (CVE records) with their scores and the products that they affect. ${NOTICE}`,
  notice: NOTICE,
  streams: [{ name: 'vulnerabilities', default: true, about: 'CVE records, from the API or from files' }],
  auth: [
    { method: 'none', keys: [], about: '5 requests in 30 s' },
    { method: 'api_key', keys: ['apiKey'], about: '50 requests in 30 s; the key is free (https://nvd.nist.gov/developers/request-an-api-key)' },
  ],
  baseUrl: 'optional',
  baseUrlExample: 'https://services.nvd.nist.gov',
  webhookAuth: [],
  leastRights: 'None: the data is public. An API key only raises the rate; one key serves the whole installation.',
  concurrency: 1,
  lacks: ['push', 'webhooks', 'discover', 'deletes'],
};
