import { ESLintUtils } from '@typescript-eslint/utils';

/** Methods that write, or open a transaction, on what the ORM and the drivers hand out. */
const METHODS = new Set(['transaction', 'insert', 'update', 'query', 'save', 'upsert', 'delete', 'exec', 'execute']);
/** The methods that an untyped receiver may not have either: the more common words would accuse maps and sets. */
const METHODS_OF_UNTYPED = new Set(['transaction', 'insert', 'update', 'query', 'upsert']);
const DRIVERS = /\/node_modules\/(?:@types\/)?(?:typeorm|better-sqlite3|mysql2)\//;

/**
 * On SQLite all query runners share one connection: a write beside the gate is rolled back with somebody else's transaction,
 * though its promise had been fulfilled. So only src/database calls the ORM; the rest asks the gate and the repositories.
 * Goes by the type of the receiver: `createHash('sha256').update(...)` and `gate.transaction(...)` are not meant.
 */
export const onlyTheGateWrites = {
  meta: {
    type: 'problem', schema: [],
    messages: {
      driver: '`.{{method}}` of {{owner}} may be called in src/database only: every write passes the gate there.',
      untyped: 'The receiver of `.{{method}}` has no type, so it cannot be told whether it writes beside the gate: give it one.',
    },
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.computed) return;
        const method = callee.property.name;
        if (!METHODS.has(method)) return;
        const type = checker.getApparentType(services.getTypeAtLocation(callee.object));
        if (type.flags & 1 /* ts.TypeFlags.Any */) {
          if (METHODS_OF_UNTYPED.has(method)) context.report({ node: callee.property, messageId: 'untyped', data: { method } });
          return;
        }
        const file = declaringFile(type, method);
        const owner = file && DRIVERS.exec(file)?.[0].split('/').at(-2);
        if (owner) context.report({ node: callee.property, messageId: 'driver', data: { method, owner } });
      },
    };

    function declaringFile(type, method) {
      const parts = type.isUnionOrIntersection() ? type.types : [type];
      for (const part of parts) {
        const file = part.getProperty(method)?.declarations?.[0]?.getSourceFile().fileName.replaceAll('\\', '/');
        if (file && DRIVERS.test(file)) return file;
      }
      return undefined;
    }
  },
};
