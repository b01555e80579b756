import type { Clock } from '../../../connectors/sdk/contract/index.js';
import { plain, numberText, spanText } from './text.js';

export interface ProgressEvent {
  readonly kind: 'run_started' | 'stream_started' | 'page' | 'stream_finished' | 'run_finished' | 'waiting';
  readonly source: string;
  readonly stream?: string;
  readonly counts?: { readonly read: number; readonly changed: number };
  readonly expected?: number;
  readonly status?: string;
  readonly message?: string;
}

/** Where progress goes: a line that the next overwrites, or a line an event. */
export interface ProgressSink {
  readonly animates: boolean;
  show(text: string): Promise<void>;
  talk(text: string): Promise<void>;
}

const LINE_EVERY_MS = 10_000;
const FRAME_EVERY_MS = 80;

interface Stream { readonly startedAt: number; read: number; changed: number; expected?: number; waiting?: string }

/** Shows what runs do. Sources run side by side, so the one line names each that is under way. */
export class Progress {
  private readonly streams = new Map<string, Stream>();
  private lastLineAt = Number.NEGATIVE_INFINITY;
  private lastFrameAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly sink: ProgressSink, private readonly clock: Pick<Clock, 'now'>) {}

  readonly on = (event: ProgressEvent): void => {
    const { kind, source, stream } = event;
    const now = this.clock.now();
    const place = stream === undefined ? source : `${source} ${stream}`;
    const entry = this.streams.get(place);
    switch (kind) {
      case 'run_started': this.say(`${source}: started`); return;
      case 'stream_started':
        this.streams.set(place, { startedAt: now, read: 0, changed: 0, ...(event.expected !== undefined && { expected: event.expected }) });
        break;
      case 'page': {
        const stream_ = entry ?? { startedAt: now, read: 0, changed: 0 };
        stream_.read = event.counts?.read ?? stream_.read;
        stream_.changed = event.counts?.changed ?? stream_.changed;
        if (event.expected !== undefined) stream_.expected = event.expected;
        delete stream_.waiting;
        this.streams.set(place, stream_);
        if (!this.sink.animates && now - this.lastLineAt >= LINE_EVERY_MS) {
          this.lastLineAt = now;
          this.say(`${place}: ${progressText(stream_, now)}`);
        }
        break;
      }
      case 'waiting':
        if (entry) entry.waiting = event.message ?? 'waiting';
        else this.streams.set(place, { startedAt: now, read: 0, changed: 0, waiting: event.message ?? 'waiting' });
        if (!this.sink.animates) this.say(`${place}: ${plain(event.message ?? 'waiting')}`);
        break;
      case 'stream_finished':
        this.streams.delete(place);
        this.say(`${place}: ${numberText(event.counts?.read ?? entry?.read ?? 0)} read, ${numberText(event.counts?.changed ?? entry?.changed ?? 0)} changed${entry ? `, ${spanText(now - entry.startedAt)}` : ''}${event.message === undefined ? '' : ` (${plain(event.message)})`}`);
        break;
      case 'run_finished':
        for (const key of [...this.streams.keys()]) if (key === source || key.startsWith(`${source} `)) this.streams.delete(key);
        this.say(`${source}: ${event.status ?? 'finished'}${event.message === undefined ? '' : `: ${plain(event.message)}`}`);
        return;
    }
    if (this.sink.animates && (kind !== 'page' || now - this.lastFrameAt >= FRAME_EVERY_MS)) {
      this.lastFrameAt = now;
      void this.sink.show([...this.streams].map(([name, each]) => `${name} ${progressText(each, now)}`).join('  |  '));
    }
  };

  private say(text: string): void {
    void this.sink.talk(text);
  }
}

/** `1,200 of 3,000 (40 %), 12 changed, about 20 s left`. What a source says it will give is a guess, so a lie shows no more than 99 %. */
export function progressText({ read, changed, expected, startedAt, waiting }: Stream, now: number): string {
  const parts: string[] = [];
  if (expected !== undefined && expected > 0 && read <= expected) parts.push(`${numberText(read)} of ${numberText(expected)} (${Math.min(99, Math.floor((read / expected) * 100))} %)`);
  else parts.push(`${numberText(read)} read`);
  if (changed > 0) parts.push(`${numberText(changed)} changed`);
  const spent = now - startedAt;
  if (expected !== undefined && read > 0 && read < expected && spent > 2_000) parts.push(`about ${spanText((spent / read) * (expected - read))} left`);
  if (waiting !== undefined) parts.push(plain(waiting, 60));
  return parts.join(', ');
}
