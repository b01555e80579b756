/**
 * The walls of the tree (docs/architecture.md, "Imports run one way").
 * Each is proved against a bad and a good tree by test/walls/imports.spec.ts: a rule without such a proof fails there.
 */
const SPEC = '\\.spec\\.ts$';

module.exports = {
  forbidden: [
    { name: 'core-is-pure', severity: 'error', from: { path: '^src/core/', pathNot: SPEC }, to: { pathNot: ['^src/core/', '^connectors/sdk/contract/'] } },
    { name: 'contract-stands-alone', severity: 'error', from: { path: '^connectors/sdk/contract/' }, to: { pathNot: '^connectors/sdk/contract/' } },
    {
      name: 'a-connector-sees-the-sdk', severity: 'error', from: { path: '^connectors/([^/]+)/', pathNot: '^connectors/sdk/' },
      to: { path: '^(src|connectors)/', pathNot: ['^connectors/$1/', '^connectors/sdk/'] },
    },
    { name: 'sdk-and-app-name-no-vendor', severity: 'error', from: { path: '^(src|connectors/sdk)/' }, to: { path: '^connectors/(?!sdk/)' } },
    { name: 'sdk-knows-no-app', severity: 'error', from: { path: '^connectors/sdk/' }, to: { path: '^src/' } },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'only-the-database-folder-knows-the-orm', severity: 'error', from: { pathNot: '^src/database/' }, to: { path: '(^|/)node_modules/(@nestjs/)?typeorm/' },
      comment: 'Everything that writes passes the gate in src/database (docs/decisions/0002-one-write-gate-on-sqlite.md).',
    },
    {
      name: 'only-the-database-folder-knows-the-drivers', severity: 'error',
      from: { path: '^(src|connectors)/', pathNot: ['^src/database/', SPEC] }, to: { path: '(^|/)node_modules/(better-sqlite3(-node-api)?|mysql2)/' },
      comment: 'A second connection to a SQLite file blocks the first one, or loses its writes.',
    },
    {
      name: 'only-http-mock-knows-nock', severity: 'error', from: { pathNot: '^test/support/http-mock\\.ts$' }, to: { path: '(^|/)node_modules/nock/' },
      comment: 'test/support/http-mock.ts fails a test on unexpected and on unused requests; bare nock does neither.',
    },
    {
      name: 'shipped-code-imports-no-test', severity: 'error', from: { path: '^(src|connectors)/', pathNot: SPEC }, to: { path: ['^test/', SPEC] },
    },
    {
      name: 'shipped-code-needs-no-dev-dependency', severity: 'error',
      from: { path: '^(src|connectors)/', pathNot: [SPEC, '^connectors/sdk/conformance/'] }, to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
      comment: 'The image holds `npm ci --omit=dev` only. The conformance suite is run by jest, never by the image.',
    },
    {
      name: 'imports-resolve', severity: 'error', from: {}, to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Only our own: many a package resolves to a file in its dist/, and must be seen.
    exclude: { path: '^(dist|coverage)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'require', 'default', 'types'], extensions: ['.ts', '.mts', '.d.ts', '.mjs', '.js', '.cjs', '.json'] },
  },
};
