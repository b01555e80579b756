import { Transform } from 'class-transformer';
import { ArrayMinSize, IsArray, IsOptional, IsString, MinLength } from 'class-validator';

/** Options of an NVD source. */
export class NvdOptions {
  /**
   * A folder, or files, of gzip (or plain) JSON 2.0, e.g. the yearly feeds: for sites without internet. Where it is given
   * the API is not asked. A `.meta` file beside a feed holds its checksum, which is then checked. Paths are relative to
   * the configuration file.
   */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? [value] : value))
  @IsArray() @ArrayMinSize(1) @IsString({ each: true }) @MinLength(1, { each: true })
  files?: string[];
}

export function filesOf(options: Readonly<Record<string, any>>): readonly string[] | undefined {
  const files = options['files'] as string | readonly string[] | undefined;
  return typeof files === 'string' ? [files] : files;
}
