import type { SourceErrorCode } from '../../../connectors/sdk/contract/index.js';
import { nearest } from '../../core/expressions/nearest.js';
import { BadConfiguration, CliFailure, SeveralAssets, type AssetChoice, type ExitCode } from '../failures.js';
import type { Style } from '../style.js';
import { plain } from './text.js';

/** Everything that a person needs of a failure: what, where, in whose words, why it matters, what to do next. */
export interface Told {
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly where?: string;
  readonly vendorWords?: string;
  readonly matters?: string;
  readonly hint?: string;
  readonly code?: string;
  /** Set where nobody foresaw it: the log has it too. */
  readonly id?: string;
  readonly choices?: readonly AssetChoice[];
  readonly lines?: readonly string[];
}

/** What a run's report says of its failure, in the same form. */
export interface ReportedError {
  readonly id?: string;
  readonly code?: string;
  readonly message: string;
  readonly stream?: string;
  readonly request?: { readonly method: string; readonly url: string; readonly status?: number; readonly requestId?: string };
  readonly vendorWords?: string;
  readonly hint?: string;
}

const MATTERS: Readonly<Record<SourceErrorCode, string>> = {
  authentication: 'nothing of this source can be read; what was read before stays as it is',
  permission: 'what this right covers cannot be read; nothing there counts as missing',
  rate_limited: 'the run stopped early; the next one goes on where it ended',
  unavailable: 'the run stopped early; the next one goes on where it ended',
  protocol: 'an answer was not what its interface promises, so it was not trusted',
  rejected: 'the request was understood and refused; trying again will not help',
  conflict: 'the record changed meanwhile; the next run reads it anew',
  not_found: 'what was asked for is not there',
  cursor_expired: 'the next run reads everything again',
  interrupted: 'what was stored stays; the next run goes on where this one ended',
  configuration: 'this source cannot work as it is configured',
};

interface Loose {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly vendorWords?: string;
  readonly request?: ReportedError['request'] & { readonly source?: string; readonly stream?: string };
  readonly wanted?: string;
  readonly what?: string;
  readonly known?: readonly string[];
  readonly choices?: readonly AssetChoice[];
}

/** Names of failures that are foreseen: their message and hint are for people. Anything else is a mistake of ours. */
const FORESEEN: Readonly<Record<string, ExitCode>> = { DatabaseError: 1, LockHeldError: 1, LeaseLostError: 1 };

/** By shape, not by class: the classes live in modules that take long to load, and an early failure must not wait for them. */
export function tell(error: unknown, newId: () => string): Told {
  if (error instanceof BadConfiguration) return { exitCode: error.exitCode, message: error.message, lines: error.lines, ...(error.hint !== undefined && { hint: error.hint }) };
  if (error instanceof SeveralAssets) return { exitCode: 1, message: error.message, choices: error.choices, ...(error.hint !== undefined && { hint: error.hint }) };
  if (error instanceof CliFailure) return { exitCode: error.exitCode, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  const loose = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Loose;
  const name = loose.name ?? '';
  if (name === 'UnknownNameError') return unknownName(loose);
  if (name === 'NoSuchAssetError') return { exitCode: 1, message: loose.message ?? '', hint: 'an asset is an id, kind:value (such as serial:ABC123) or a bare identifier; `lockstep assets list --search TEXT` finds it' };
  if (name === 'SeveralAssetsError') return { exitCode: 1, message: loose.message ?? '', choices: loose.choices ?? [], hint: 'name the one you mean by its id' };
  if (isSourceError(loose)) return sourceFailure(loose);
  const foreseen = FORESEEN[name] ?? (typeof loose.hint === 'string' && /Error$/.test(name) && name !== 'Error' ? 1 : undefined);
  if (foreseen !== undefined) return { exitCode: foreseen, message: loose.message ?? name, ...(loose.hint !== undefined && { hint: loose.hint }) };
  if (loose.code === 'EMFILE' || loose.code === 'ENFILE') return { exitCode: 1, message: 'no more files may be opened', hint: 'raise the limit (`ulimit -n`, LimitNOFILE) or end what holds so many' };
  // The loader says so too where it may open no more files.
  if (loose.code === 'ERR_MODULE_NOT_FOUND') return { exitCode: 1, message: `a part of the program cannot be loaded: ${loose.message ?? ''}`, hint: 'install it again; if it is there, let the process open more files: `ulimit -n` of 256 is enough' };
  if (loose.code === 'ENOSPC' || loose.code === 'SQLITE_FULL') return { exitCode: 1, message: 'the disk is full', hint: 'free some space and run it again: nothing is half-written' };
  if (loose.code === 'EADDRINUSE') return { exitCode: 1, message: `another program listens there already: ${(loose.message ?? '').replace(/^listen EADDRINUSE: address already in use /, '')}`, hint: 'end it, or set server.port to a free one' };
  if (loose.code === 'EACCES' && loose.message?.startsWith('listen ')) return { exitCode: 1, message: `this user may not listen there: ${loose.message.replace(/^listen EACCES: permission denied /, '')}`, hint: 'set server.port to one above 1023, or let the process bind lower ones' };
  if (loose.code === 'SQLITE_BUSY') return { exitCode: 1, message: 'another program holds the database file', hint: 'end what has it open for writing (a database browser, a copy under way), then run it again: nothing is half-written' };
  return { exitCode: 1, message: loose.message ?? String(error), matters: 'nobody foresaw this: what was stored before stays whole', hint: 'run it again with --debug to see where it happened, and report it with this id', id: newId(), ...(loose.code !== undefined && { code: String(loose.code) }) };
}

const isSourceError = ({ code, name }: Loose): boolean => code !== undefined && Object.hasOwn(MATTERS, code) && /Error$/.test(name ?? '');

function unknownName({ message, wanted, known = [], what }: Loose): Told {
  const suggestion = wanted === undefined ? undefined : nearest(wanted, known);
  return { exitCode: 2, message: message ?? '', hint: `${suggestion === undefined ? '' : `did you mean "${suggestion}"? `}${known.length === 0 ? `there is no ${what ?? 'name'} at all` : `known: ${known.join(', ')}`}` };
}

function sourceFailure({ message, code, request, vendorWords, hint }: Loose): Told {
  const where = request && whereOf(request, request.source, request.stream);
  return {
    exitCode: 1, message: message ?? '', code: code ?? '', matters: MATTERS[code as SourceErrorCode], ...(where !== undefined && { where }),
    ...(vendorWords !== undefined && { vendorWords }), ...(hint !== undefined && { hint }),
  };
}

/** `crm / computers: GET https://… -> 403 (request 1234)`. */
export function whereOf(request: ReportedError['request'], source?: string, stream?: string): string {
  const place = [source, stream].filter((each) => each !== undefined).join(' / ');
  const call = request ? `${request.method} ${request.url}${request.status === undefined ? '' : ` -> ${request.status}`}${request.requestId === undefined ? '' : ` (request ${request.requestId})`}` : '';
  return [place, call].filter((each) => each !== '').join(': ');
}

export function reported(error: ReportedError, source: string): Told {
  const where = whereOf(error.request, source, error.stream);
  return {
    exitCode: 1, message: error.message, where, ...(error.code !== undefined && { code: error.code }), ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }), ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.code !== undefined && Object.hasOwn(MATTERS, error.code) && { matters: MATTERS[error.code as SourceErrorCode] }), ...(error.id !== undefined && { id: error.id }),
  };
}

export function renderTold(told: Told, style: Style, word = 'error'): string {
  const lines = [`${style.red(`${word}:`)} ${plain(told.message, 2_000)}`];
  const add = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') lines.push(`  ${style.dim(name.padEnd(8))}  ${plain(text, 2_000)}`);
  };
  for (const line of told.lines ?? []) lines.push(line);
  add('where', told.where);
  add('they say', told.vendorWords === undefined ? undefined : `"${told.vendorWords}"`);
  add('so', told.matters);
  for (const { id, name, class: assetClass, stage, by } of told.choices ?? []) lines.push(`  ${id}  ${plain(name ?? '(no name)')}  ${style.dim(`${assetClass ?? 'no class'}, ${stage}${by === undefined || by.length === 0 ? '' : `, by ${by.join(', ')}`}`)}`);
  add('next', told.hint);
  add('id', told.id);
  return lines.join('\n');
}
