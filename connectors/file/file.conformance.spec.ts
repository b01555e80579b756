import { describeConnector } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

const noWire = 'files are read from the disk: there is no wire, no vendor and no credential';

describeConnector(connector, {
  sandbox: sandbox.start,
  skip: {
    push: 'files are read, never written', webhooks: 'files send nothing',
    wire: noWire, fault: noWire, lasting: noWire, throttled: noWire, rate: noWire, hidden: noWire, 'auth-methods': noWire, 'wrong-credentials': noWire, elsewhere: noWire,
    'check-skew': 'files have no clock', 'check-forbidden': noWire, secrets: noWire, 'no-cookies': noWire,
  },
});
