import type { Manifest } from '../sdk/contract/index.js';

export const LEAST_RIGHTS = `# Configuration > Integrations > Halo API > View Applications > New:
#   authentication method "Client ID and Secret (Services)", login type Agent, with an agent of its own (API agents take no licence)
# Permissions tab:
#   read:assets      assets, relationships
#   read:customers   owners, users, sites
#   read:suppliers   suppliers; the vendor of assets, where it is written or assets are created
#   edit:assets      assets that are written (push.enabled); it includes read:assets
# The agent's role must allow assets too, and their change where they are written, and its access control every asset type that is to be seen.`;

export const manifest: Manifest = {
  name: 'halo',
  title: 'HaloITSM',
  role: 'itsm',
  about: 'Assets and their relations of a HaloITSM, HaloPSA or HaloServiceDesk instance, by its REST API.',
  streams: [
    { name: 'assets', default: true, about: 'assets of every type, with the fields of their types' },
    { name: 'relationships', default: true, about: 'parents and siblings of assets; each asset costs a call' },
    { name: 'software', default: false, about: 'installed software: not read yet' },
    { name: 'licences', default: false, about: 'software licences: not read yet' },
    { name: 'contracts', default: false, about: 'supplier contracts and client agreements: not read yet' },
    { name: 'suppliers', default: false, about: 'suppliers and manufacturers' },
    { name: 'users', default: false, about: 'people that assets belong to' },
    { name: 'sites', default: false, about: 'places' },
  ],
  auth: [{ method: 'oauth_client_credentials', keys: ['clientId', 'clientSecret', 'tenant?'], about: 'an API application of login type Agent; the tenant only where the instance does not tell it' }],
  baseUrl: 'required',
  baseUrlExample: 'https://acme.haloitsm.com',
  webhookAuth: [{ method: 'basic', keys: ['username', 'password'] }],
  leastRights: LEAST_RIGHTS,
  concurrency: 2,
  referenceFields: ['CFLockstepId'],
  // a create whose answer was lost may be at work still, and is seen only when it is done
  indexLagMs: 60_000,
  lacks: ['software', 'licences', 'contracts'],
};
