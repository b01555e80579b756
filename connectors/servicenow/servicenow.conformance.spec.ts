import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

describeConnector(connector, {
  sandbox: sandbox.start,
  // the choice of discovery_source under which CIs are created
  source: { options: { dataSource: 'Lockstep' } },
  webhooks: { signed: ['hmac_sha256'], staleAfterMs: { hmac_sha256: 300_000 } },
});
