import { IsIn, IsOptional, registerDecorator } from 'class-validator';

export const FORMATS = ['csv', 'json', 'ndjson'] as const;
export type FileFormat = (typeof FORMATS)[number];
export const ENCODINGS = ['utf-8', 'utf-16le', 'windows-1252'] as const;

const isPath = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '' && !value.includes('\0');

function IsPaths(): PropertyDecorator {
  return (target, property) => registerDecorator({
    name: 'isPaths', target: target.constructor, propertyName: String(property),
    validator: {
      validate: (value: unknown) => isPath(value) || (Array.isArray(value) && value.length > 0 && value.every(isPath)),
      defaultMessage: () => `${String(property)} must be a path, or a list of paths`,
    },
  });
}

/** Options of a source of files. */
export class FileOptions {
  /** A file, a folder (all its .csv, .tsv, .json, .ndjson and .jsonl files), or a list of such; relative to the configuration file. */
  @IsPaths()
  path!: string | string[];

  /** Format of all files; absent: by the ending of each name. */
  @IsOptional() @IsIn(FORMATS)
  format?: FileFormat;

  /** What separates the cells of CSV. Within a cell a list is always separated by `;`. */
  @IsOptional() @IsIn([',', ';', '\t', '|'])
  delimiter?: ',' | ';' | '\t' | '|';

  /** Text encoding of files that begin without a byte order mark. */
  @IsOptional() @IsIn(ENCODINGS)
  encoding: (typeof ENCODINGS)[number] = 'utf-8';
}
