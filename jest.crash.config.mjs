import base from './jest.config.mjs';

/** Kills, torn logs, failing statements. Sizes by LOCKSTEP_CRASH_KILLS and its like; see CONTRIBUTING.md. */
export default { ...base, roots: ['<rootDir>/test/crash'], globalSetup: '<rootDir>/test/support/child/product.mjs', testPathIgnorePatterns: [], testTimeout: 600_000, maxWorkers: 1 };
