import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

describeConnector(connector, {
  sandbox: sandbox.start,
  skip: {
    push: 'NVD is read only',
    webhooks: 'NVD sends none',
  },
});
