import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLES } from '../schema.js';
import { createStatements } from '../schema-ddl.js';

/** MySQL commits each statement of a schema by itself, so every step can be run again after a kill. */
export class FirstSchema1764000000001 implements MigrationInterface {
  readonly name = 'FirstSchema1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    const dialect = runner.connection.options.type === 'mysql' || runner.connection.options.type === 'mariadb' ? 'mysql' : 'sqlite';
    for (const table of TABLES) for (const statement of createStatements(table, dialect)) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Lockstep migrates forward only: restore the backup taken before the upgrade');
  }
}
