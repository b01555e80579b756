export interface MariadbServer {
  /** Without a database; its user may make databases called `lockstep_test_…` only. */
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** As a power cut: SIGKILL. Resolves when it is gone. The data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}
export function findMariadbd(): string | undefined;
/** `settings`: further command line settings of the server, which win over its own. */
export function startMariadb(settings?: readonly string[]): Promise<MariadbServer>;
