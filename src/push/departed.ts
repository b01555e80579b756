import type { NewRecord } from '../../connectors/sdk/contract/index.js';

/** Of a create that left: when, to which stream, what was put into it (what is wanted may be another by the time it is found), and what the target called the new record. */
export interface Departed {
  readonly sentAt: number;
  readonly stream: string;
  readonly put: Pick<NewRecord, 'attributes' | 'stage'>;
  readonly made?: string;
  readonly how?: 'created' | 'matched';
}

export const departedOf = (detail: Readonly<Record<string, unknown>> | null | undefined): Departed | undefined => (typeof detail?.['sentAt'] === 'number' ? (detail as unknown as Departed) : undefined);

/** Whatever becomes of its debt, a record that was made stays made: only this of it is kept. */
export function madeOf(detail: Readonly<Record<string, unknown>> | null | undefined): Readonly<Record<string, unknown>> | null {
  const { sentAt, stream, put, made, how } = departedOf(detail) ?? {};
  return made === undefined ? null : { sentAt, stream, put, made, how };
}
