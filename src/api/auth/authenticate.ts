import type { FastifyRequest } from 'fastify';
import { plain } from '../../cli/render/text.js';
import type { Engine } from '../../engine/engine.js';
import { Problem, unavailable } from '../problem.js';
import type { Identity } from './access.js';
import { isLoopback, isSame, LOCAL_USER_HEADER } from './local-token.js';
import { OidcVerifier, ProviderUnavailableError } from './oidc.js';
import { roleOf, TokenService } from './token.service.js';

/** Headers by which a proxy says that somebody else is behind it. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/** Names of others stand in logs and in the audit: one line, printable, not long. */
const nameFor = (text: string, most: number): string => plain(text, most).trim() || 'unnamed';

/** Who calls, by what they carry. `localToken`: of the file beside the database. */
export class Authenticator {
  private readonly tokens: TokenService;
  private oidc: { readonly of: Engine['config']['security']['oidc']; readonly verifier: OidcVerifier | undefined } | undefined;

  constructor(private readonly engine: Engine, private readonly localToken: () => string | undefined) {
    this.tokens = new TokenService(engine);
  }

  /** By the configuration of this moment: a role that a reload takes away is gone with it. */
  private verifier(): OidcVerifier | undefined {
    const { oidc } = this.engine.config.security;
    if (this.oidc === undefined || this.oidc.of !== oidc) this.oidc = { of: oidc, verifier: oidc && new OidcVerifier(oidc, this.engine.clock) };
    return this.oidc.verifier;
  }

  /** Throws where nobody can be known now; undefined: what was given is not valid. Never lets anybody in because something failed. */
  async identify(request: FastifyRequest, secret: string): Promise<Identity | undefined> {
    const from = request.ip;
    if (secret.startsWith('lsl_')) return this.local(request, secret);
    if (secret.startsWith('lst_')) {
      const row = await this.asked(() => this.tokens.find(secret), 'tokens cannot be looked up');
      return row && { id: `token:${row.id}`, person: `token:${row.id}`, actor: `${row.name} via token ${row.id} from ${from}`, role: roleOf(row) };
    }
    const oidc = this.verifier();
    if (!oidc || secret.split('.').length !== 3) return undefined;
    const person = await this.asked(() => oidc.verify(secret), 'the identity provider cannot be asked');
    if (!person) return undefined;
    const subject = nameFor(person.subject, 38);
    return { id: `oidc:${person.subject}`.slice(0, 128), person: `oidc:${person.subject}`.slice(0, 128), actor: `${nameFor(person.name, 28)} via oidc ${subject} from ${from}`.slice(0, 128), role: person.role };
  }

  /** The command line of the same user on the same machine. Whoever it says that it is, to the two-person rule it is one person. */
  private local(request: FastifyRequest, secret: string): Identity | undefined {
    if (!isLoopback(request.socket.remoteAddress) || FORWARDED.some((name) => request.headers[name] !== undefined) || !isSame(this.localToken(), secret)) return undefined;
    const user = request.headers[LOCAL_USER_HEADER];
    return { id: 'local', person: 'local', actor: nameFor(typeof user === 'string' ? user : '', 64), role: 'admin' };
  }

  private async asked<T>(ask: () => Promise<T>, message: string): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const problem = error instanceof ProviderUnavailableError
        ? new Problem(503, 'unavailable', 'the identity provider cannot be asked now', { hint: 'try again later, or use a token of Lockstep', headers: { 'retry-after': '5' } })
        : unavailable();
      this.engine.log.warn(message, { error: error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}` : String(error), ...(problem.extras.errorId !== undefined && { errorId: problem.extras.errorId }) });
      throw problem;
    }
  }
}

/** The token of `Authorization: Bearer …`; undefined: none was sent. */
export function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return /^bearer ([\x21-\x7e]+)$/i.exec(header)?.[1] ?? '';
}
