import { describeConnector } from '../sdk/conformance/index.js';
import type { Connector, Stream } from '../sdk/contract/index.js';
import type { AwsClient } from './client.js';
import { createConnector } from './index.js';
import { sandbox, type AwsSandboxOptions } from './sandbox/index.js';

const connector = createConnector({ connectMs: 2_000, answerMs: 3_500, callMs: 15_000 });

/** The suite counts records against the sandbox's volumes; their attachments are held in pull.spec.ts. */
const volumesAlone = (stream: Stream<AwsClient>): Stream<AwsClient> => ({
  ...stream,
  async *pull(client, from) {
    for await (const page of stream.pull(client, from)) yield { ...page, records: page.records.filter((raw) => raw.what !== 'attachment') };
  },
});
const alone: Connector<AwsClient> = { ...connector, streams: connector.streams.map((stream) => (stream.name === 'volumes' ? volumesAlone(stream) : stream)) };

/** One place: throttling and tries are counted by place, and the suite counts them by path. Several are held in pull.spec.ts. */
const vendor: AwsSandboxOptions = { accounts: ['111122223333'], regions: ['us-east-1'], notOptedIn: [] };

describeConnector(alone, {
  sandbox: sandbox.start,
  vendor: { ...vendor },
  skip: {
    push: 'writing the lifecycle tag is not built yet',
    webhooks: 'deliveries by SNS are not built yet',
  },
});
