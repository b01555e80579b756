import { describeConnector } from '../sdk/conformance/index.js';
import type { Connector, Stream } from '../sdk/contract/index.js';
import type { Fleet, FleetAsset } from '../sdk/sandbox/fleet-model.js';
import type { AwsClient } from './client.js';
import { createConnector } from './index.js';
import { sandbox, type AwsSandboxOptions } from './sandbox/index.js';

const connector = createConnector({ connectMs: 2_000, answerMs: 2_800, callMs: 15_000 });

/** The suite counts records against the sandbox's volumes; their attachments are held in pull.spec.ts. */
const volumesAlone = (stream: Stream<AwsClient>): Stream<AwsClient> => ({
  ...stream,
  async *pull(client, from) {
    for await (const page of stream.pull(client, from)) yield { ...page, records: page.records.filter((raw) => raw.what !== 'attachment') };
  },
});
const alone: Connector<AwsClient> = { ...connector, streams: connector.streams.map((stream) => (stream.name === 'volumes' ? volumesAlone(stream) : stream)) };

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
/** One place: AWS throttles by place, and tries are counted by place, where the suite counts by path. Several places are held in pull.spec.ts. */
const vendor: AwsSandboxOptions = { accounts: [ACCOUNT], regions: [REGION], notOptedIn: [] };
const moved = <T extends FleetAsset>(asset: T): T => (asset.cloud === undefined ? asset : { ...asset, cloud: { ...asset.cloud, account: ACCOUNT, region: REGION, zone: `${REGION}a` } });
function* each<T, R>(all: Iterable<T>, change: (one: T) => R): Iterable<R> { for (const one of all) yield change(one); }
const inOnePlace = (fleet: Fleet): Fleet => ({
  ...fleet,
  asset: (index) => moved(fleet.asset(index)),
  assets: () => each(fleet.assets(), moved),
  volumes: () => each(fleet.volumes(), moved),
  sightings: (role) => each(fleet.sightings(role), (sighting) => ({ ...sighting, asset: moved(sighting.asset) })),
});

const environment = { ...process.env };
afterAll(() => { process.env = environment; });

describeConnector(alone, {
  async sandbox(options) {
    const box = await sandbox.start({ ...options, ...(options?.fleet && { fleet: inOnePlace(options.fleet) }) });
    // `auth.method: default` finds credentials where AWS's own tools find them
    process.env['AWS_ACCESS_KEY_ID'] = box.auth('static')['accessKeyId'] as string;
    process.env['AWS_SECRET_ACCESS_KEY'] = box.auth('static')['secretAccessKey'] as string;
    return box;
  },
  fleetSize: 60,
  vendor: { ...vendor },
  skip: {
    push: 'writing the lifecycle tag is not built yet',
    webhooks: 'deliveries by SNS are not built yet',
    throttled: 'EC2 names no time when it throttles; a Retry-After of something before it is held in pull.spec.ts',
    'fault:cursor_refused': 'every pass over EC2 is a full one; a NextToken that is refused is held in pull.spec.ts',
  },
  faults: {
    passing: {
      // the SDK asks for no compression and undoes none: a bomb stays small, and is an answer of a stranger, asked for again
      gzip_bomb: 'recovers',
    },
  },
});
