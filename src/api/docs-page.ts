import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Access } from './auth/access.js';

/** Scripts and styles of its own only: nothing on the page comes from anywhere else. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Lockstep API</title><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>
<body><div id="docs"></div><script src="/api/docs/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></body>
</html>
`;
const START = "window.ui = SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n";

const FILES: Readonly<Record<string, string>> = { 'swagger-ui.css': 'text/css; charset=utf-8', 'swagger-ui-bundle.js': 'text/javascript; charset=utf-8' };

/** The description of the API for programs, and a page for people that reads it. */
export function serveDocs(server: FastifyInstance, access: Access, document: () => object): void {
  const config = { access } as object;
  server.get('/api/openapi.json', { config }, (_request, reply) => reply.type('application/json').send(JSON.stringify(document())));
  server.get('/api/docs', { config }, (_request, reply) => reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE));
  server.get('/api/docs/start.js', { config }, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  const folder = assets();
  for (const [name, type] of Object.entries(FILES)) server.get(`/api/docs/${name}`, { config }, (_request, reply) => reply.type(type).send(readFileSync(join(folder, name))));
}

/** The package of the page is one that the generator of the document brings along. */
function assets(): string {
  const generator = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(generator).resolve('swagger-ui-dist/package.json'));
}
