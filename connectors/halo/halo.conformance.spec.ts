import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

describeConnector(connector, {
  sandbox: sandbox.start,
  // whether an instance tells what changed is not known: one that does not is held in halo.spec.ts
  vendor: { updatedFilter: 'obeyed' },
  skip: {
    webhooks: 'receiving events is not built yet',
  },
});
