import type { Resource, Stream } from './cloud.js';
import { dryRun, ec2Response, notFound, type Ec2Action } from './ec2-common.js';
import { Refusal } from './refusal.js';

const MOST_TAGS = 50;

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html: sets the named keys, keeps the others, all
 * resources or none.
 */
export const createTags: Ec2Action = (call, params) => {
  const ids = params.list('ResourceId');
  const tags = params.tags();
  const dry = params.flag('DryRun');
  params.done();
  if (ids.length === 0) throw new Refusal(400, 'MissingParameter', 'The request must contain the parameter resourceIdSet');
  if (tags.length === 0) throw new Refusal(400, 'MissingParameter', 'The request must contain the parameter tagSet');
  if (ids.length > 1_000) throw new Refusal(400, 'InvalidParameterValue', `Value ( ${ids.length} ) for parameter resourceIdSet is invalid. The maximum number of resources is 1000.`);
  for (const { Key, Value } of tags) {
    if (Key.length < 1 || Key.length > 128) throw new Refusal(400, 'InvalidParameterValue', `Tag key exceeds the maximum length of 128 characters or is empty: '${Key.slice(0, 40)}'`);
    if (Value.length > 256) throw new Refusal(400, 'InvalidParameterValue', `Tag value exceeds the maximum length of 256 characters: '${Value.slice(0, 40)}'`);
    if (/^aws:/i.test(Key)) throw new Refusal(400, 'InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`);
  }
  if (new Set(tags.map((tag) => tag.Key)).size !== tags.length) throw new Refusal(400, 'InvalidParameterValue', 'Tag keys must be unique in one request');
  dryRun(dry);

  const found: Resource[] = [];
  for (const id of new Set(ids)) {
    const stream: Stream | undefined = /^i-/.test(id) ? 'instances' : /^vol-/.test(id) ? 'volumes' : undefined;
    if (stream === undefined) throw new Refusal(400, 'InvalidID', `The ID '${id}' is not valid`);
    const resource = call.cloud.one(stream, call.principal.account, call.region, id, call.now);
    if (resource === undefined) throw notFound(stream, [id]);
    found.push(resource);
  }
  for (const resource of found) {
    const keys = new Set([...call.cloud.tags(resource), ...tags].map((tag) => tag.Key).filter((key) => !key.startsWith('aws:')));
    if (keys.size > MOST_TAGS) throw new Refusal(400, 'TagLimitExceeded', `More than ${MOST_TAGS} tags specified`);
  }
  for (const resource of found) call.cloud.tag(resource, tags, call.now);
  return ec2Response('CreateTags', call.requestId, '<return>true</return>');
};
