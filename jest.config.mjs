export default {
  testEnvironment: 'node',
  // jest's own default leaves one of two cores idle.
  maxWorkers: '100%',
  // Nothing is judged by its speed: a busy machine must not fail a property.
  testTimeout: 120_000,
  roots: ['<rootDir>/src', '<rootDir>/connectors', '<rootDir>/test'],
  testRegex: '(\\.|-)spec\\.ts$',
  testPathIgnorePatterns: ['\\.mysql\\.spec\\.ts$', '/test/crash/', '/test/soak/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'json'],
  coverageProvider: 'v8',
  transform: {
    '^.+\\.ts$': ['@swc/jest', {
      jsc: {
        target: 'es2023', keepClassNames: true, parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type: 'es6' }, sourceMaps: 'inline',
    }],
  },
};
