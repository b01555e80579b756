import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

describeConnector(connector, {
  sandbox: sandbox.start,
  // the richest records have thousands of paths to bend, and stand last: map.spec.ts bends one of them
  vendor: { records: 39 },
  skip: {
    push: 'NVD is read only',
    webhooks: 'NVD sends none',
    deletes: 'NVD deletes nothing: a withdrawn CVE stays as Rejected, which nvd.spec.ts holds',
  },
  faults: {
    passing: {
      // 403 is NVD's word for "too fast": waited for, and only five in a row end the run
      forbidden: 'recovers',
      // a key never ends and is never renewed: refused once is refused
      unauthorised: ['authentication'],
    },
    lasting: { forbidden: ['rate_limited'] },
  },
});
