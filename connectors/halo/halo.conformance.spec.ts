import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

describeConnector(connector, {
  sandbox: sandbox.start,
  // whether an instance tells what changed is not known: one that does not is held in halo.spec.ts
  vendor: { updatedFilter: 'obeyed' },
  // nothing is signed, but a time is told
  webhooks: { signed: [], staleAfterMs: { basic: 24 * 3_600_000 } },
});
