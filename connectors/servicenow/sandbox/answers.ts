import { jsonAnswer, type SandboxAnswer } from '../../sdk/sandbox/index.js';

/** The envelope of every failure; https://www.servicenow.com/docs/r/api-reference/rest-apis (r_RESTAPIHTTPResponseCodes). */
export const failure = (status: number, message: string, detail: string | null = null, headers: Readonly<Record<string, string>> = {}): SandboxAnswer =>
  jsonAnswer(status, { error: { message, detail }, status: 'failure' }, headers);

export const noRecord = (): SandboxAnswer => failure(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
export const noResource = (path: string): SandboxAnswer => failure(400, 'Requested URI does not represent any resource', path);

/**
 * A request that the vendor's page does not describe. What the vendor would do is not known or is silence, so a strict
 * stand-in refuses in its own name.
 */
export const undescribed = (what: string): SandboxAnswer => failure(400, `Sandbox: ${what}`, 'Not described by the vendor, so not allowed here');

export const QUOTA_MESSAGE = 'Transaction cancelled: maximum execution time exceeded';
export const QUOTA_DETAIL = `${QUOTA_MESSAGE} Check logs for error trace or enable glide.rest.debug property to verify REST request processing`;
