/** 0: succeeded or skipped. 1: something failed, or there is no such thing. 2: usage or configuration. 3: changes are due. */
export type ExitCode = 0 | 1 | 2 | 3;

/** A failure that the command line itself tells of. */
export class CliFailure extends Error {
  constructor(message: string, readonly exitCode: ExitCode, readonly hint?: string) {
    super(message);
    this.name = 'CliFailure';
  }
}

/** Bad usage: what was typed cannot be meant so. */
export const usage = (message: string, hint?: string): CliFailure => new CliFailure(message, 2, hint);
/** No such thing, or not exactly one. */
export const missing = (message: string, hint?: string): CliFailure => new CliFailure(message, 1, hint);

export interface AssetChoice {
  readonly id: string;
  readonly name: string | null;
  readonly class: string | null;
  readonly stage: string;
  /** What fitted. */
  readonly by?: readonly string[];
}

/** An identifier that fits several assets: a person must say which. */
export class SeveralAssets extends CliFailure {
  constructor(readonly wanted: string, readonly choices: readonly AssetChoice[]) {
    super(`"${wanted}" fits ${choices.length} assets`, 1, 'name the one you mean by its id');
    this.name = 'SeveralAssets';
  }
}

/** The configuration cannot be used; the problems are what there is to say. */
export class BadConfiguration extends CliFailure {
  constructor(readonly lines: readonly string[]) {
    super(`the configuration has ${lines.length === 1 ? 'a problem' : `${lines.length} problems`}`, 2, 'mend it, then try `lockstep config check`');
    this.name = 'BadConfiguration';
  }
}

/** No failure: a service has carried the command out, and this is how it ended. */
export class HandedOver extends Error {
  constructor(readonly exitCode: ExitCode) {
    super('the service has carried it out');
    this.name = 'HandedOver';
  }
}
