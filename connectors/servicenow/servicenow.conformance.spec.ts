import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

describeConnector(connector, {
  sandbox: sandbox.start,
  skip: {
    push: 'writing back is not built yet',
    webhooks: 'receiving events is not built yet',
  },
});
