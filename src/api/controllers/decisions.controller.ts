import { Controller } from '@nestjs/common';
import { HOLDS, LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';
import { loadStreams } from '../../database/repositories/streams.js';
import type { Tx } from '../../database/tx.js';
import { DecisionService, type DecisionResult } from '../../decisions/decision.service.js';
import { UndoService, type UndoReport } from '../../push/undo.service.js';
import { assetDetails } from '../../queries/asset-details.js';
import { lookUpAsset } from '../../queries/asset-lookup.js';
import { AssetQueries } from '../../queries/asset-queries.service.js';
import { TheCall, type Call } from '../call.js';
import { Route } from '../route.js';
import { flag, instant, list, oneOf, record, ref, text } from '../schema/schema.js';
import { ASSET_PARAMS, mustMatch, notOne, REASON, RECORD_KEYS, REFERENCE, tagOf } from './parts.js';

const DECIDED = { 200: { about: 'What the decision left', schema: ref('Decision') } };
const ACT = { tag: 'decisions', access: 'approver', keyed: true, answers: DECIDED, problems: [409] } as const;
const ATTRIBUTE = text({ minLength: 1, maxLength: 64, pattern: '^[a-z_]+$', description: 'an attribute, stage or class' });

@Controller()
export class DecisionsController {
  @Route('POST', 'assets/:id/transition', {
    ...ACT, id: 'moveAsset', summary: 'Move an asset to another life cycle stage; every tool that holds it follows', params: ASSET_PARAMS, ifMatch: true,
    body: record({ stage: oneOf(LIFECYCLE_STAGES), reason: REASON, 'evidence?': text({ minLength: 1, maxLength: 500, description: 'of a disposal: the reference that proves it' }) }),
  })
  async transition(@TheCall() call: Call<object, { readonly stage: string; readonly reason: string; readonly evidence?: string }>): Promise<DecisionResult> {
    const { stage, ...rest } = call.body;
    return decisions(call).transition(await idOf(call, call.params.id), stage, rest);
  }

  @Route('POST', 'assets/:id/overrides', {
    ...ACT, id: 'pinValue', summary: 'Pin a value until it is released or ends', params: ASSET_PARAMS, ifMatch: true,
    body: record({ attribute: ATTRIBUTE, value: { type: ['string', 'number', 'null'], maxLength: 4_000, description: 'as the command line takes it; null or "": known to be empty' }, reason: REASON, 'until?': instant({ description: 'when it ends by itself' }) }),
  })
  async override(@TheCall() call: Call<object, { readonly attribute: string; readonly value: string | number | null; readonly reason: string; readonly until?: string }>): Promise<DecisionResult> {
    const { attribute, value, reason, until } = call.body;
    return decisions(call).override(await idOf(call, call.params.id), attribute, value === null ? '' : String(value), { reason, ...(until !== undefined && { until: Date.parse(until) }) });
  }

  @Route('DELETE', 'assets/:id/overrides/:attribute', {
    ...ACT, id: 'releaseValue', summary: 'Take a pin away', params: { ...ASSET_PARAMS, attribute: ATTRIBUTE }, query: { reason: REASON }, ifMatch: true,
  })
  async release(@TheCall() call: Call<{ readonly reason: string }, undefined, { readonly id: string; readonly attribute: string }>): Promise<DecisionResult> {
    return decisions(call).release(await idOf(call, call.params.id), call.params.attribute, { reason: call.query.reason });
  }

  @Route('POST', 'assets/:id/holds', {
    ...ACT, id: 'holdAsset', summary: 'Keep an asset from moving on, or let it go', params: ASSET_PARAMS, ifMatch: true, body: record({ hold: oneOf(HOLDS), reason: REASON, 'lift?': flag({ description: 'take the hold away', default: false }) }),
  })
  async hold(@TheCall() call: Call<object, { readonly hold: string; readonly reason: string; readonly lift?: boolean }>): Promise<DecisionResult> {
    const { hold, reason, lift = false } = call.body;
    return decisions(call).hold(await idOf(call, call.params.id), hold, { reason, lift });
  }

  @Route('POST', 'assets/merge', {
    ...ACT, id: 'mergeAssets', summary: 'Decide that assets are one, now and later', body: record({ assets: list(REFERENCE, { minItems: 2, maxItems: 50, description: 'the first is the one that is kept where ids could go either way' }), reason: REASON }), problems: [404, 409],
  })
  async merge(@TheCall() call: Call<object, { readonly assets: readonly string[]; readonly reason: string }, object>): Promise<DecisionResult> {
    const ids: string[] = [];
    for (const reference of call.body.assets) ids.push(await idOf(call, reference));
    return new DecisionService(call.engine).merge(ids, { reason: call.body.reason });
  }

  @Route('POST', 'assets/:id/split', {
    ...ACT, id: 'splitAsset', summary: 'Decide that records are not this asset, now and later', params: ASSET_PARAMS, ifMatch: true, body: record({ records: RECORD_KEYS, reason: REASON }),
  })
  async split(@TheCall() call: Call<object, { readonly records: readonly string[]; readonly reason: string }>): Promise<DecisionResult> {
    return decisions(call).split(await idOf(call, call.params.id), call.body.records, { reason: call.body.reason });
  }

  @Route('POST', 'undo', {
    tag: 'decisions', access: 'approver', keyed: true, cost: 20, id: 'undoPush', summary: 'Write the old values back where a target still holds ours', body: record({ push: text({ minLength: 1, maxLength: 64, description: 'the id of a push, or the number of one attempt' }), reason: REASON }),
    answers: { 200: { about: 'What is as before, and what was left', schema: ref('Undone') } }, problems: [409, 502],
  })
  async undo(@TheCall() { engine, body }: Call<object, { readonly push: string; readonly reason: string }, object>): Promise<UndoReport> {
    return new UndoService(engine).push(body.push, body.reason);
  }
}

/** The service that decides only upon what the caller has seen, where they say what that was. */
function decisions(call: Call<any, any>): DecisionService {
  const { ifMatch, engine, params } = call;
  return new DecisionService(engine, ifMatch && (async (tx) => mustMatch(ifMatch, await tagIn(tx, params.id))));
}

async function tagIn(tx: Tx, reference: string): Promise<string | undefined> {
  const found = await lookUpAsset(tx, reference);
  return found.kind === 'one' ? tagOf(await assetDetails(tx, found.asset, found.redirectedFrom, await loadStreams(tx))) : undefined;
}

/** The asset that is meant, by the same rules as for reading. */
async function idOf({ engine }: Call<any, any, any>, reference: string): Promise<string> {
  const found = await new AssetQueries(engine).lookUp(reference);
  if (found.kind === 'one') return found.asset.state.id;
  throw notOne(reference, found);
}
