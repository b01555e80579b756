/** Tables as data, so that one description gives the statements of both dialects and each step can be run again. */
export type ColumnType =
  | { readonly kind: 'int' } | { readonly kind: 'flag' } | { readonly kind: 'real' }
  /** Compared byte by byte: identifiers never fold case. */
  | { readonly kind: 'text'; readonly length: number }
  | { readonly kind: 'long' };

export interface Column {
  readonly type: ColumnType;
  readonly nullable?: boolean;
  readonly default?: number | string;
}

export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly primary: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
  /** The primary key is assigned by the database, in rising order. */
  readonly autoIncrement?: boolean;
}

export const int: Column = { type: { kind: 'int' } };
export const flag: Column = { type: { kind: 'flag' }, default: 0 };
export const text = (length: number): Column => ({ type: { kind: 'text', length } });
export const long: Column = { type: { kind: 'long' } };
export const nullable = (column: Column): Column => ({ ...column, nullable: true });

export type Dialect = 'sqlite' | 'mysql';

const TYPES: Record<Dialect, (type: ColumnType) => string> = {
  sqlite: (type) => (type.kind === 'int' || type.kind === 'flag' ? 'INTEGER' : type.kind === 'real' ? 'REAL' : 'TEXT'),
  mysql: (type) => {
    switch (type.kind) {
      case 'int': return 'BIGINT';
      case 'flag': return 'TINYINT';
      case 'real': return 'DOUBLE';
      case 'text': return `VARCHAR(${type.length})`;
      case 'long': return 'LONGTEXT';
    }
  },
};

const quote = (dialect: Dialect, name: string): string => (dialect === 'mysql' ? `\`${name}\`` : `"${name}"`);

/** `CREATE TABLE IF NOT EXISTS` and its indexes; running them again changes nothing. */
export function createStatements(table: Table, dialect: Dialect): string[] {
  const q = (name: string): string => quote(dialect, name);
  const auto = table.autoIncrement ? table.primary[0] : undefined;
  const lines = Object.entries(table.columns).map(([name, column]) => {
    if (name === auto) return dialect === 'mysql' ? `${q(name)} BIGINT NOT NULL AUTO_INCREMENT` : `${q(name)} INTEGER PRIMARY KEY AUTOINCREMENT`;
    const fallback = column.default === undefined ? '' : ` DEFAULT ${typeof column.default === 'number' ? column.default : `'${column.default}'`}`;
    return `${q(name)} ${TYPES[dialect](column.type)}${column.nullable ? '' : ' NOT NULL'}${fallback}`;
  });
  const list = (columns: readonly string[]): string => columns.map(q).join(', ');
  if (!(auto !== undefined && dialect === 'sqlite')) lines.push(`PRIMARY KEY (${list(table.primary)})`);
  const named = [...(table.unique ?? []).map((columns) => ({ columns, unique: true })), ...(table.indexes ?? []).map((columns) => ({ columns, unique: false }))]
    .map((index) => ({ ...index, name: `${index.unique ? 'uq' : 'ix'}_${table.name}_${index.columns.join('_')}`.slice(0, 60) }));
  if (dialect === 'mysql') {
    lines.push(...named.map(({ name, columns, unique }) => `${unique ? 'UNIQUE KEY' : 'KEY'} ${q(name)} (${list(columns)})`));
    return [`CREATE TABLE IF NOT EXISTS ${q(table.name)} (${lines.join(', ')}) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`];
  }
  // Narrow rows found by a composite key need no second tree; wide ones would make that tree slow.
  const rowid = table.primary.length > 1 && Object.values(table.columns).every((column) => column.type.kind !== 'long') ? ' WITHOUT ROWID' : '';
  return [
    `CREATE TABLE IF NOT EXISTS ${q(table.name)} (${lines.join(', ')})${rowid}`,
    ...named.map(({ name, columns, unique }) => `CREATE ${unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${q(name)} ON ${q(table.name)} (${list(columns)})`),
  ];
}
