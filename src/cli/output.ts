import { createRedactor, type Redactor } from '../../connectors/sdk/http/redact.js';
import type { Io } from './io.js';
import { mayAnimate, styleFor, type Style } from './style.js';

export interface OutputOptions {
  readonly json: boolean;
  readonly colour: boolean;
}

/** stdout is data, stderr is talk. Nothing leaves without having passed the redactor. */
export class Output {
  readonly json: boolean;
  /** Of stdout. */
  readonly style: Style;
  /** Of stderr. */
  readonly talkStyle: Style;
  readonly width: number;
  private redactor: Redactor = createRedactor();
  private secrets: readonly string[] = [];
  private status = '';

  constructor(private readonly io: Io, options: OutputOptions) {
    this.json = options.json;
    this.style = styleFor(io.stdout, io.env, options.colour);
    this.talkStyle = styleFor(io.stderr, io.env, options.colour);
    this.width = io.stdout.isTTY ? Math.max(60, Math.min(io.stdout.columns, 200)) : 160;
  }

  /** From now on none of these is printed. */
  hide(secrets: readonly string[]): void {
    this.secrets = secrets.filter((secret) => secret.length >= 4);
    this.redactor = createRedactor(secrets);
  }

  /** Text of others that may hold a secret. */
  readonly redact = (text: string): string => this.redactor(text);

  /** Data. A value that merely looks like a credential stays as it is; one that is ours goes. */
  async data(text: string): Promise<void> {
    await this.clearStatus();
    const holds = this.secrets.some((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)));
    await this.io.stdout.write(holds ? this.redactor(text) : text);
  }

  line(text = ''): Promise<void> {
    return this.data(`${text}\n`);
  }

  document(value: object): Promise<void> {
    return this.data(`${JSON.stringify(value)}\n`);
  }

  async talk(text: string): Promise<void> {
    await this.clearStatus();
    await this.io.stderr.write(`${this.redactor(text)}\n`);
  }

  get animates(): boolean {
    return mayAnimate(this.io.stderr, this.io.env);
  }

  /** One line that the next one overwrites; only where somebody looks. */
  async show(status: string): Promise<void> {
    if (!this.animates) return;
    const text = this.redactor(status).slice(0, Math.max(20, this.io.stderr.columns - 1));
    this.status = text;
    await this.io.stderr.write(`\r\u001b[2K${text}`);
  }

  async clearStatus(): Promise<void> {
    if (this.status === '') return;
    this.status = '';
    await this.io.stderr.write('\r\u001b[2K');
  }
}
