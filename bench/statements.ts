/** Statements by the transaction in which they ran: what a batch costs in round trips. */
export interface StatementCounts {
  readonly transactions: number;
  readonly statements: number;
}

/** Counts what the database is sent. One insert of many rows is one statement, as on the wire. */
export class StatementCounter {
  private readonly texts = new Map<string, number>();
  private statements = 0;
  readonly onStatement = (sql: string): void => {
    this.statements++;
    const shape = shapeOf(sql);
    this.texts.set(shape, (this.texts.get(shape) ?? 0) + 1);
  };

  get total(): number { return this.statements; }

  /** How often each shape was sent. */
  byShape(): ReadonlyMap<string, number> { return new Map(this.texts); }

  reset(): void {
    this.texts.clear();
    this.statements = 0;
  }
}

/** Without what grows with a batch: lists of values and rows. */
export const shapeOf = (sql: string): string => sql.replace(/\s+/g, ' ').replace(/\((?:\?,\s*)*\?\)(?:,\s*\((?:\?,\s*)*\?\))*/g, '(?)').replace(/(?:WHEN \? THEN \? ?)+/g, 'WHEN ? THEN ? ').trim();
