import { createHash } from 'node:crypto';
import { resourceArn, type Partition } from './partition.js';
import { INSTANCE, strangeField, toXml, VOLUME, type Raw } from './shapes.js';

export type Stream = 'instances' | 'volumes';

/** A resource of one account and region. `raw` is never changed in place, so that its answer can be kept. */
export interface Resource {
  readonly stream: Stream;
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly reservation: string;
  raw: Raw;
  /** Inner XML of `raw`. */
  xml: string | undefined;
  /** ms UTC by the vendor's clock; a terminated instance disappears then. */
  visibleUntil: number;
  terminatedAt: number | undefined;
  /** Writes that reads do not show yet. */
  pending: { readonly visibleAt: number; readonly raw: Raw }[];
  readonly asset: string | undefined;
  readonly sighting: string | undefined;
}

export interface Tag { readonly Key: string; readonly Value: string }

export const STATE_CODES: Readonly<Record<string, number>> = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48, stopping: 64, stopped: 80 };

const hex = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits);
/** An id as EC2 makes them: seventeen hexadecimal digits, the first zero. */
export const madeId = (prefix: string, text: string): string => `${prefix}-0${hex(text, 16)}`;

/** `User initiated (2026-11-20 10:11:12 GMT)`; vendors' users see this in the console, its form is not promised. */
const reasonAt = (at: number): string => `User initiated (${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} GMT)`;

const tagsOf = (raw: Raw): readonly Tag[] => (raw['Tags'] as readonly Tag[] | undefined) ?? [];

/** All resources of all accounts. */
export class Cloud {
  private readonly places = new Map<string, Map<string, Resource>>();
  private readonly byId = new Map<string, Resource>();
  private made = 0;

  constructor(readonly partition: Partition, readonly options: { readonly terminatedForMs: number; readonly tagLagMs: number; readonly recordIds: 'arn' | 'id' }) {}

  externalId(resource: Resource): string {
    return this.options.recordIds === 'id' ? resource.id : this.arn(resource);
  }

  arn({ region, account, stream, id }: Resource): string {
    return resourceArn(this.partition, region, account, stream === 'instances' ? 'instance' : 'volume', id);
  }

  /** Adds a resource. `OwnerId` and the zone say where it stands. A field that EC2 does not have is a mistake of the caller. */
  add(stream: Stream, record: Raw, origin: { readonly asset?: string; readonly sighting?: string; readonly reservation?: string } = {}): Resource {
    const { OwnerId: account, ...raw } = record;
    const zone = stream === 'instances' ? (raw['Placement'] as Raw | undefined)?.['AvailabilityZone'] : raw['AvailabilityZone'];
    const id = raw[stream === 'instances' ? 'InstanceId' : 'VolumeId'];
    if (typeof account !== 'string' || typeof zone !== 'string' || typeof id !== 'string') throw new TypeError('a record needs an id, OwnerId and an availability zone');
    this.check(stream, raw);
    const region = zone.replace(/[a-z]$/, '');
    const resource: Resource = {
      stream, account, region, id, reservation: origin.reservation ?? madeId('r', `${account}/${region}/${id}`), raw, xml: undefined,
      visibleUntil: Infinity, terminatedAt: undefined, pending: [], asset: origin.asset, sighting: origin.sighting,
    };
    const place = this.place(stream, account, region);
    if (place.has(id)) throw new RangeError(`${id} exists`);
    place.set(id, resource);
    this.byId.set(id, resource);
    return resource;
  }

  /** What a call sees in one account and region. */
  visible(stream: Stream, account: string, region: string, now: number): Resource[] {
    return [...this.place(stream, account, region).values()].filter((resource) => this.settle(resource, now));
  }

  one(stream: Stream, account: string, region: string, id: string, now: number): Resource | undefined {
    const resource = this.place(stream, account, region).get(id);
    return resource !== undefined && this.settle(resource, now) ? resource : undefined;
  }

  all(stream: Stream, now: number): Resource[] {
    return [...this.byId.values()].filter((resource) => resource.stream === stream && this.settle(resource, now));
  }

  /** By ARN or bare id. */
  find(stream: Stream, externalId: string): Resource {
    const resource = this.byId.get(externalId.slice(externalId.lastIndexOf('/') + 1));
    if (resource === undefined || resource.stream !== stream) throw new RangeError(`no ${externalId} in ${stream}`);
    return resource;
  }

  xml(resource: Resource): string {
    resource.xml ??= toXml(resource.stream === 'instances' ? INSTANCE : VOLUME, resource.raw);
    return resource.xml;
  }

  patch(resource: Resource, fields: Raw): void {
    this.check(resource.stream, fields);
    this.replace(resource, { ...resource.raw, ...fields });
  }

  /** Start, stop, terminate: with everything that the move changes about an instance. */
  move(resource: Resource, state: string, at: number): void {
    const code = STATE_CODES[state];
    if (code === undefined) throw new RangeError(`EC2 has no state ${state}`);
    const State = { Code: code, Name: state };
    if (state === 'terminated') {
      const { PrivateIpAddress: _ip, PublicIpAddress: _public, SubnetId: _subnet, VpcId: _vpc, SecurityGroups: _groups, ...rest } = resource.raw;
      for (const mapping of (resource.raw['BlockDeviceMappings'] as readonly Raw[] | undefined) ?? []) this.release(resource, mapping['Ebs'] as Raw);
      this.replace(resource, {
        ...rest, State, StateTransitionReason: reasonAt(at), StateReason: { Code: 'Client.UserInitiatedShutdown', Message: 'Client.UserInitiatedShutdown: User initiated shutdown' },
        PrivateDnsName: '', PublicDnsName: '', NetworkInterfaces: [], BlockDeviceMappings: [],
      });
      resource.terminatedAt = at;
      resource.visibleUntil = at + this.options.terminatedForMs;
    } else if (state === 'running' || state === 'pending') {
      const { StateReason: _reason, ...rest } = resource.raw;
      this.replace(resource, { ...rest, State, StateTransitionReason: '', LaunchTime: new Date(at) });
    } else {
      const { PublicIpAddress: _public, ...rest } = resource.raw;
      this.replace(resource, {
        ...rest, State, StateTransitionReason: reasonAt(at), PublicDnsName: '',
        StateReason: { Code: 'Client.UserInitiatedShutdown', Message: 'Client.UserInitiatedShutdown: User initiated shutdown' },
      });
    }
  }

  drop(resource: Resource): void {
    this.place(resource.stream, resource.account, resource.region).delete(resource.id);
    this.byId.delete(resource.id);
  }

  /** Sets the named tags and no others; reads may show it later. */
  tag(resource: Resource, tags: readonly Tag[], now: number): void {
    const base = resource.pending.at(-1)?.raw ?? resource.raw;
    const kept = tagsOf(base).filter((old) => !tags.some((tag) => tag.Key === old.Key));
    const raw = { ...base, Tags: [...kept, ...tags] };
    if (this.options.tagLagMs === 0) this.replace(resource, raw);
    else resource.pending.push({ visibleAt: now + this.options.tagLagMs, raw });
  }

  tags(resource: Resource): readonly Tag[] { return tagsOf(resource.pending.at(-1)?.raw ?? resource.raw); }

  /** A number that is new at each call, for made-up ids. */
  nextNumber(): number { this.made += 1; return this.made; }

  private release(instance: Resource, ebs: Raw): void {
    const volume = this.byId.get(String(ebs['VolumeId']));
    if (volume === undefined) return;
    if (ebs['DeleteOnTermination'] === true) this.drop(volume);
    else this.replace(volume, { ...volume.raw, State: 'available', Attachments: ((volume.raw['Attachments'] as readonly Raw[] | undefined) ?? []).filter((one) => one['InstanceId'] !== instance.id) });
  }

  private settle(resource: Resource, now: number): boolean {
    while (resource.pending[0] !== undefined && resource.pending[0].visibleAt <= now) this.show(resource, (resource.pending.shift() as Resource['pending'][number]).raw);
    return now < resource.visibleUntil;
  }

  /** A change that reads show at once, also on top of writes that they do not show yet. */
  private replace(resource: Resource, raw: Raw): void {
    resource.pending = [];
    this.show(resource, raw);
  }

  private show(resource: Resource, raw: Raw): void {
    resource.raw = raw;
    resource.xml = undefined;
  }

  private check(stream: Stream, raw: Raw): void {
    const strange = strangeField(stream === 'instances' ? INSTANCE : VOLUME, raw);
    if (strange !== undefined) throw new TypeError(`EC2 has no field ${strange} in ${stream}`);
  }

  private place(stream: Stream, account: string, region: string): Map<string, Resource> {
    const key = `${stream}/${account}/${region}`;
    let place = this.places.get(key);
    if (place === undefined) this.places.set(key, place = new Map());
    return place;
  }
}
