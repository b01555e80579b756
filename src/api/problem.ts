import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { SourceError } from '../../connectors/sdk/contract/index.js';
import { DatabaseError } from '../database/errors.js';
import { NoSuchAssetError, SeveralAssetsError, type AssetChoice } from '../decisions/find-asset.js';
import { DecisionRefusedError } from '../decisions/refused.js';
import { newErrorId } from '../observability/index.js';
import type { Fault } from './schema/validate.js';

/** One thing that is wrong with a request: in the body (`pointer`), the query or the path (`parameter`), or a header. */
export interface RequestFault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
  readonly detail: string;
}

/** RFC 9457, with the next step beside what happened. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly hint?: string;
  readonly errors?: readonly RequestFault[];
  /** Where a reference fits several assets. */
  readonly choices?: readonly AssetChoice[];
  /** The log has it too. */
  readonly errorId?: string;
}

export type ProblemExtras = Pick<ProblemDocument, 'hint' | 'errors' | 'choices' | 'errorId'> & { readonly headers?: Readonly<Record<string, string>> };

/** An answer that is a refusal. */
export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly extras: ProblemExtras = {}) {
    super(message);
    this.name = 'Problem';
  }

  document(instance: string): ProblemDocument {
    const { headers: _headers, ...extras } = this.extras;
    return { type: `urn:lockstep:problem:${this.code}`, title: TITLES[this.code] ?? STATUS_CODES[this.status] ?? 'Error', status: this.status, detail: this.message, instance, ...extras };
  }
}

const TITLES: Readonly<Record<string, string>> = {
  invalid_request: 'The request is not what it must be', unauthenticated: 'Who calls is not known', forbidden: 'Not allowed', not_found: 'There is no such thing', several_assets: 'Several assets fit', refused: 'Cannot be done',
  changed_meanwhile: 'It has changed meanwhile', too_many_requests: 'Too many requests', unavailable: 'Not available now', unexpected: 'Nobody foresaw this', method_not_allowed: 'Not a method of this address',
  key_used_otherwise: 'The idempotency key belongs to another request', key_in_progress: 'The request with this idempotency key is under way', source_failed: 'A source did not do what it was asked',
};

export const notFound = (what: string, hint?: string): Problem => new Problem(404, 'not_found', what, { ...(hint !== undefined && { hint }) });
export const invalid = (errors: readonly RequestFault[]): Problem => new Problem(400, 'invalid_request', errors.length === 1 ? 'one part of the request is wrong' : `${errors.length} parts of the request are wrong`, { errors });
export const inParameters = (faults: readonly Fault[]): RequestFault[] => faults.map(({ at, detail }) => ({ parameter: at.slice(1).replace(/~1/g, '/').replace(/~0/g, '~'), detail }));
export const inBody = (faults: readonly Fault[]): RequestFault[] => faults.map(({ at, detail }) => ({ pointer: `#${at}`, detail }));

interface FastifyFault { readonly code?: unknown; readonly statusCode?: unknown }

const BY_CODE: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'too_large', 'the body is larger than 1 MiB'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported_media_type', 'a body must be application/json'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'invalid_request', 'the body is no valid JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'invalid_request', 'the body is empty'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'invalid_request', 'the body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: [400, 'invalid_request', 'the address is not a valid one'],
};

/** Whatever was thrown, as an answer: no stack, no statement, no secret. What nobody foresaw has an id under which the log tells more. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NoSuchAssetError) return notFound(error.message, 'an asset is an id, kind:value (such as serial:ABC123) or a bare identifier');
  if (error instanceof SeveralAssetsError) return new Problem(409, 'several_assets', error.message, { choices: error.choices, hint: 'name the one you mean by its id' });
  if (error instanceof DecisionRefusedError) return new Problem(409, 'refused', error.message, { hint: error.hint });
  if (error instanceof DatabaseError) return unavailable();
  if (error instanceof SourceError) return new Problem(502, 'source_failed', error.message, error.hint === undefined ? {} : { hint: error.hint });
  const { code, statusCode } = (typeof error === 'object' && error !== null ? error : {}) as FastifyFault;
  const known = typeof code === 'string' ? BY_CODE[code] : undefined;
  if (known) return new Problem(...known);
  const status = error instanceof HttpException ? error.getStatus() : typeof statusCode === 'number' ? statusCode : 500;
  if (status >= 400 && status < 500) return new Problem(status, 'invalid_request', STATUS_CODES[status] ?? 'the request cannot be read');
  return new Problem(500, 'unexpected', 'what was stored before stays whole', { errorId: newErrorId(), hint: 'report it with this id if it stays: the log tells where it happened' });
}

export const unavailable = (): Problem => new Problem(503, 'unavailable', 'the database cannot be used now', { errorId: newErrorId(), hint: 'try again later; the log of the service says what is wrong', headers: { 'retry-after': '5' } });
