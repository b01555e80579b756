import tseslint from 'typescript-eslint';
import { onlyTheGateWrites } from './.ci/lint/only-the-gate-writes.mjs';

const SPECS = ['**/*.spec.ts', 'test/**', 'bench/**'];

/** What reads the world. The pure core is handed such things (docs/decisions/0001-pure-core-thin-shell.md). */
const WORLD = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'The core has no clock: take `asOf` or a Clock as an argument.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'The core has no clock: take `asOf` or a Clock as an argument.' },
  { selector: "CallExpression[callee.name='Date']", message: 'The core has no clock: take `asOf` or a Clock as an argument.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'The core has no randomness: take it as an argument.' },
  { selector: "MemberExpression[property.name='localeCompare']", message: '`localeCompare` differs between machines: compare by code unit.' },
  { selector: "MemberExpression[object.name='Intl']", message: '`Intl` differs between machines and versions of Node.' },
  { selector: "MemberExpression[property.name=/^toLocale/]", message: 'Locales differ between machines.' },
];
const WORLDLY_GLOBALS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'process', 'performance', 'crypto', 'console', 'Buffer', 'globalThis'];

const NO_WAITING = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Take the time from the Clock that is handed in: the suite runs with a fake one.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time from the Clock that is handed in: the suite runs with a fake one.' },
];

const UNFINISHED_TESTS = [
  { selector: "MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo|failing)$/]", message: 'A test that is left out proves nothing: mend it or remove it.' },
  { selector: "CallExpression[callee.name=/^(xdescribe|xit|xtest|fdescribe|fit)$/]", message: 'A test that is left out proves nothing: mend it or remove it.' },
  {
    selector: "CallExpression[callee.property.name=/^(toBe|toEqual|toStrictEqual)$/] > MemberExpression > CallExpression[callee.name='expect'][arguments.0.type='Literal']",
    message: 'An expectation of a literal cannot fail.',
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'data/', 'reports/', 'node_modules/', '.stryker-tmp/', '**/fixtures/**'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-debugger': 'error', 'no-var': 'error', 'prefer-const': ['error', { destructuring: 'all' }], eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-self-compare': 'error', 'no-constant-condition': ['error', { checkLoops: false }], 'no-unreachable': 'error', 'no-fallthrough': 'error',
      'no-duplicate-case': 'error', 'no-dupe-keys': 'error', 'no-dupe-else-if': 'error', 'no-unsafe-finally': 'error', 'no-cond-assign': 'error',
      'no-control-regex': 'off', 'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error', 'no-return-assign': ['error', 'except-parens'],
      'no-unused-private-class-members': 'error', 'no-template-curly-in-string': 'off', 'require-yield': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: process.cwd() } },
    plugins: { '@typescript-eslint': tseslint.plugin, lockstep: { rules: { 'only-the-gate-writes': onlyTheGateWrites } } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-non-null-asserted-optional-chain': 'error',
      '@typescript-eslint/no-misused-new': 'error',
      '@typescript-eslint/no-require-imports': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
    },
  },
  { files: ['**/*.{mjs,cjs,js}'], rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }] } },
  { files: ['src/**/*.ts', 'connectors/**/*.ts'], ignores: SPECS, rules: { 'no-console': 'error' } },
  { files: ['src/**/*.ts'], ignores: [...SPECS, 'src/database/**'], rules: { 'lockstep/only-the-gate-writes': 'error' } },
  {
    files: ['src/core/**/*.ts', 'connectors/sdk/contract/**/*.ts'], ignores: SPECS,
    rules: {
      'no-restricted-syntax': ['error', ...WORLD],
      'no-restricted-globals': ['error', ...WORLDLY_GLOBALS.map((name) => ({ name, message: 'The core is pure: whatever touches the world is handed in.' }))],
    },
  },
  {
    files: ['connectors/*/**/*.ts'], ignores: [...SPECS, 'connectors/sdk/**', 'connectors/*/sandbox/**'],
    rules: {
      'no-restricted-syntax': ['error', ...NO_WAITING],
      'no-restricted-globals': ['error', ...['setTimeout', 'setInterval', 'fetch'].map((name) => ({ name, message: 'A connector waits by its Clock and speaks through its HttpPort only.' }))],
    },
  },
  { files: SPECS, rules: { 'no-restricted-syntax': ['error', ...UNFINISHED_TESTS] } },
);
