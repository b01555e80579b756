import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';

const TICK = Symbol('tick');
const EVERY_MS = 1_000;

/** Looks every second whether anything has fallen due; never twice at the same time. */
class Ticker {
  private isLooking = false;
  constructor(@Inject(TICK) private readonly tick: () => Promise<unknown>) {}

  @Interval('schedules', EVERY_MS)
  async onInterval(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      await this.tick();
    } finally {
      this.isLooking = false;
    }
  }
}

@Module({})
class TickingModule {
  static of(tick: () => Promise<unknown>): DynamicModule {
    return { module: TickingModule, imports: [ScheduleModule.forRoot()], providers: [{ provide: TICK, useValue: tick }, Ticker] };
  }
}

/** The first look is at once. `tick` tells of its own failures. */
export async function startTicking(tick: () => Promise<unknown>): Promise<{ stop(): Promise<void> }> {
  const context = await NestFactory.createApplicationContext(TickingModule.of(tick), { logger: false, abortOnError: false });
  await tick();
  return { stop: () => context.close() };
}
