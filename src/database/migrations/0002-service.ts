import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createStatements } from '../schema-ddl.js';
import { INBOX_TABLES, SERVICE_TABLES } from '../schema-service.js';

/** What a service that runs unattended keeps beside the model: jobs, schedules, deliveries, tokens, notices. */
export class Service1764400000002 implements MigrationInterface {
  readonly name = 'Service1764400000002';

  async up(runner: QueryRunner): Promise<void> {
    const dialect = runner.connection.options.type === 'mysql' || runner.connection.options.type === 'mariadb' ? 'mysql' : 'sqlite';
    const tables = dialect === 'mysql' ? [...SERVICE_TABLES, ...INBOX_TABLES] : SERVICE_TABLES;
    for (const table of tables) for (const statement of createStatements(table, dialect)) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Lockstep migrates forward only: restore the backup taken before the upgrade');
  }
}
