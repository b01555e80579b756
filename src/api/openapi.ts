import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Module, type DynamicModule } from '@nestjs/common';
import { versionOf } from '../cli/version.js';
import { ApiAdapter, httpServer } from './adapter.js';
import { ApiPorts } from './call.js';
import { AssetsController } from './controllers/assets.controller.js';
import { DecisionsController } from './controllers/decisions.controller.js';
import { OperationController } from './controllers/operation.controller.js';
import { SourcesController } from './controllers/sources.controller.js';
import { WaitingController } from './controllers/waiting.controller.js';
import { COMPONENTS } from './documents/index.js';

const CONTROLLERS = [AssetsController, DecisionsController, SourcesController, WaitingController, OperationController];
export const PREFIX = 'api/v1';

@Module({})
export class ApiModule {
  static of(ports: ApiPorts): DynamicModule {
    return { module: ApiModule, controllers: CONTROLLERS, providers: [{ provide: ApiPorts, useValue: ports }] };
  }
}

/** What the routes say of themselves, as OpenAPI 3.1. */
export function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').setTitle('Lockstep').setVersion(versionOf().version)
    .setDescription('Reads the canonical model, decides where tools disagree, and operates the service. Refusals are problem details (RFC 9457); lists go on behind `next`; acts take Idempotency-Key.')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0').addBearerAuth({ type: 'http', scheme: 'bearer', description: 'a token of `lockstep token create`, or one of the configured identity provider' }, 'token').build();
  const document = SwaggerModule.createDocument(app, config);
  return withoutNullable({ ...document, components: { ...document.components, schemas: COMPONENTS } }) as OpenAPIObject;
}

/** 3.1 has null as a type; the word of 3.0 means nothing there. */
function withoutNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullable);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as Record<string, unknown>;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, withoutNullable(each)]));
  return nullable === true && typeof inner['type'] === 'string' ? { ...inner, type: [inner['type'], 'null'] } : nullable === undefined || typeof nullable === 'boolean' ? inner : { ...inner, nullable: withoutNullable(nullable) };
}

/** The same without a service, for the file that stands beside the documentation. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  const nowhere = { server: { host: '127.0.0.1', port: 0, trustedProxies: [] } };
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.of(new Unused()), new ApiAdapter(httpServer(nowhere) as never), { logger: false, abortOnError: false, bodyParser: false });
  app.setGlobalPrefix(PREFIX);
  const document = documentOf(app);
  await app.close();
  return document;
}

/** Nothing is called while the routes are described. */
class Unused extends ApiPorts {
  get engine(): never { throw new Error('no service runs'); }
  get queue(): never { throw new Error('no service runs'); }
}
