import { jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { failure, undescribed } from './answers.js';
import type { Instance } from './instance.js';

interface Item { readonly id?: unknown; readonly method?: unknown; readonly url?: unknown; readonly headers?: unknown; readonly body?: unknown; readonly exclude_response_headers?: unknown }

/** https://www.servicenow.com/docs/r/api-reference/rest-apis/batch-api.html: the outer status says nothing of the items. */
export function answerBatch(instance: Instance, request: SandboxRequest, one: (request: SandboxRequest) => SandboxAnswer): SandboxAnswer {
  if (request.method !== 'POST') return failure(405, 'Method not supported');
  let body: { readonly batch_request_id?: unknown; readonly rest_requests?: unknown };
  try {
    body = JSON.parse(request.body) as typeof body;
  } catch (error) {
    return failure(400, 'Exception while reading request', (error as Error).message);
  }
  if (typeof body.batch_request_id !== 'string' || !Array.isArray(body.rest_requests)) return undescribed('a batch has batch_request_id and rest_requests');
  const served: object[] = [];
  const unserviced: string[] = [];
  const { batchStopsAfter: most, batchStopsHow: how } = instance.switches;
  for (const [at, item] of (body.rest_requests as readonly Item[]).entries()) {
    if (typeof item.id !== 'string' || typeof item.method !== 'string' || typeof item.url !== 'string' || !item.url.startsWith('/api/')) return undescribed('an item of a batch has id, method, and a url without host');
    if (most !== undefined && at >= most) {
      if (how === 'unserviced') unserviced.push(item.id);
      continue;
    }
    const [path = '', rawQuery = ''] = item.url.split('?');
    const headers = Object.fromEntries((Array.isArray(item.headers) ? item.headers as { name: string; value: string }[] : []).map(({ name, value }) => [name.toLowerCase(), value]));
    const answer = one({
      ...request, method: item.method, path, params: new URLSearchParams(rawQuery), headers,
      body: typeof item.body === 'string' ? Buffer.from(item.body, 'base64').toString('utf8') : '',
    });
    served.push({
      id: item.id, body: Buffer.from(answer.body ?? '').toString('base64'), status_code: answer.status, status_text: answer.status < 300 ? 'OK' : 'Error', execution_time: 8,
      headers: item.exclude_response_headers === true ? [] : Object.entries(answer.headers ?? {}).map(([name, value]) => ({ name, value: String(value) })),
    });
  }
  return jsonAnswer(200, { batch_request_id: body.batch_request_id, serviced_requests: served, unserviced_requests: unserviced });
}
