/** What a person asked for cannot be done, and what can. */
export class DecisionRefusedError extends Error {
  constructor(message: string, readonly hint: string) {
    super(message);
    this.name = 'DecisionRefusedError';
  }
}
