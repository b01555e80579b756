import 'reflect-metadata';
import { Module, type DynamicModule, type INestApplicationContext, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TokenService } from './api/auth/token.service.js';
import { DecisionService } from './decisions/decision.service.js';
import { IdentityService } from './decisions/identity.service.js';
import { BackupService } from './engine/backup.service.js';
import type { Engine } from './engine/engine.js';
import { NoticeService } from './notifications/notice.service.js';
import { RebuildService } from './plan/rebuild.service.js';
import { OutboxService } from './push/outbox.service.js';
import { PushService } from './push/push.service.js';
import { UndoService } from './push/undo.service.js';
import { QuarantineService } from './quarantine/quarantine.service.js';
import { AssetQueries } from './queries/asset-queries.service.js';
import { AuditQueries } from './queries/audit-queries.service.js';
import { ContradictionQueries } from './queries/contradictions.service.js';
import { OperationQueries } from './queries/operation-queries.service.js';
import { ReviewService } from './reviews/review.service.js';
import { SyncService } from './sync/sync.service.js';

/** The engine as a token: an interface has no value at run time. */
export abstract class EnginePort implements Engine {
  abstract readonly config: Engine['config'];
  abstract readonly catalogue: Engine['catalogue'];
  abstract readonly database: Engine['database'];
  abstract readonly clock: Engine['clock'];
  abstract readonly log: Engine['log'];
  abstract readonly signal: Engine['signal'];
  abstract readonly actor: Engine['actor'];
  abstract readonly crash: Engine['crash'];
  abstract readonly push?: NonNullable<Engine['push']>;
  abstract readonly metrics: Engine['metrics'];
  abstract close(): Promise<void>;
}

/** Each is built from the engine and is its own token. */
const SERVICES: readonly (new (engine: Engine) => object)[] = [SyncService, PushService, OutboxService, UndoService, RebuildService, DecisionService, ReviewService, QuarantineService, IdentityService, BackupService, AssetQueries, OperationQueries, ContradictionQueries, AuditQueries, TokenService, NoticeService];

/** The one place where ports meet implementations. */
@Module({})
export class AppModule {
  static of(engine: Engine): DynamicModule {
    const services = SERVICES.map((service): Provider => ({ provide: service, inject: [EnginePort], useFactory: (port: Engine) => new service(port) }));
    return { module: AppModule, global: true, providers: [{ provide: EnginePort, useValue: engine }, ...services], exports: [EnginePort, ...SERVICES] };
  }
}

export interface App {
  readonly engine: Engine;
  get<T>(token: Type<T> | (abstract new (...args: any[]) => T)): T;
  close(): Promise<void>;
}

/** Everything wired, nothing started. The engine stays its opener's to close. */
export async function openApp(engine: Engine): Promise<App> {
  const context: INestApplicationContext = await NestFactory.createApplicationContext(AppModule.of(engine), { logger: false, abortOnError: false });
  return { engine, get: (token) => context.get(token as Type, { strict: false }), close: () => context.close() };
}
