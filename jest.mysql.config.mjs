import base from './jest.config.mjs';

/** What only MariaDB can have, and what both databases share. Run by `npm run test:mysql`, which starts the server. */
export default { ...base, testRegex: '\\.mysql\\.spec\\.ts$', testPathIgnorePatterns: ['/test/crash/', '/test/soak/'], testTimeout: 60_000 };
