import { jsonAnswer, type SandboxAnswer } from '../../sdk/sandbox/index.js';

/** Error bodies vary by the part of the product that refuses; these are the shapes that existing clients unpack. */
export const refusal = (status: number, errorMessage: string): SandboxAnswer => jsonAnswer(status, { resultCode: status, errorMessage });
export const exception = (status: number, Message: string): SandboxAnswer => jsonAnswer(status, { ClassName: 'System.Exception', Message });
export const invalid = (errors: Readonly<Record<string, readonly string[]>>): SandboxAnswer =>
  jsonAnswer(400, { type: 'https://tools.ietf.org/html/rfc7231#section-6.5.1', title: 'One or more validation errors occurred.', status: 400, errors });

export const unauthorised = (): SandboxAnswer => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
export const forbidden = (): SandboxAnswer => exception(403, 'You do not have permission to perform this action.');
export const notFound = (): SandboxAnswer => ({ status: 404 });

/**
 * A request that no description of the vendor's covers. What the vendor would do is not known or is silence, so a strict
 * stand-in refuses in its own name.
 */
export const undescribed = (what: string): SandboxAnswer => refusal(400, `Sandbox: ${what}`);
