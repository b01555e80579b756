import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Length, Matches, Max, Min, ValidateBy, ValidateNested,
} from 'class-validator';

/** An account id of twelve digits is read by YAML as a number when it stands without quotes; one that begins with 0 must be quoted. */
const asText = ({ value }: { value: unknown }): unknown =>
  Array.isArray(value) ? value.map((entry) => (typeof entry === 'number' ? String(entry) : entry)) : value;

/** The role that is assumed in every account that is read. */
export class AwsAssumeRole {
  /** Name of the role in each account, with its path if it has one, e.g. `LockstepReader`. */
  @IsString()
  @Matches(/^[\w+=,.@/-]{1,576}$/, { message: 'the name of a role (not its ARN), e.g. LockstepReader' })
  roleName!: string;

  /** The external id that the role's trust policy asks for. */
  @IsOptional() @IsString() @Length(2, 1224)
  externalId?: string;

  /** Name under which the sessions appear in CloudTrail. */
  @IsOptional() @IsString()
  @Matches(/^[\w+=,.@-]{2,64}$/, { message: '2 to 64 letters, digits or _+=,.@-' })
  sessionName?: string = 'lockstep';
}

/** Keys of the tags that Lockstep reads a meaning from. Tag keys are case-sensitive. */
export class AwsTagKeys {
  /** Our own tag for the life cycle stage: never read back as AWS's knowledge, never claimed as a tag. */
  @IsOptional() @IsString() @Length(1, 128)
  lifecycle?: string = 'lockstep:lifecycle';

  /** Tag whose value is the owner. */
  @IsOptional() @IsString() @Length(1, 128)
  owner?: string = 'Owner';

  /** Tag whose value is the department. */
  @IsOptional() @IsString() @Length(1, 128)
  department?: string = 'Department';
}

/** Options of an AWS source. */
export class AwsOptions {
  /** Regions to read, e.g. `[eu-west-1, eu-central-1]`. Absent: every region that an account has enabled. */
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayUnique()
  @Matches(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, { each: true, message: 'a region such as eu-west-1' })
  regions?: string[];

  /** Accounts to read, as twelve digits. Absent: the account of the credentials. */
  @IsOptional() @Transform(asText) @IsArray() @ArrayMinSize(1) @ArrayUnique()
  @Matches(/^\d{12}$/, { each: true, message: 'an account id: twelve digits, in quotes' })
  accounts?: string[];

  /** All accounts of the organisation: `true`, or its id. Not built yet: a run says so; name the `accounts`. */
  @IsOptional()
  @ValidateBy({
    name: 'isOrganization',
    validator: { validate: (value: unknown) => value === true || (typeof value === 'string' && /^o-[a-z0-9]{10,32}$/.test(value)), defaultMessage: () => 'true, or the id of an organization such as o-a1b2c3d4e5' },
  })
  organization?: boolean | string;

  /** Role to assume in each account. Absent: only the account of the credentials can be read. */
  @IsOptional() @IsObject() @ValidateNested() @Type(() => AwsAssumeRole)
  assumeRole?: AwsAssumeRole;

  /** How machines are found. `describe` asks EC2 itself in each account and region: always correct. */
  @IsOptional() @IsIn(['describe'], { message: "'describe' (other ways are not built yet)" })
  discovery?: 'describe' = 'describe';

  /** Region of the STS and DescribeRegions calls. Absent: the first of `regions` that accepts the credentials, else the partition's own first region. */
  @IsOptional() @IsString()
  @Matches(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, { message: 'a region such as eu-west-1' })
  homeRegion?: string;

  /** Instances or volumes a call; AWS allows 5 to 1000. */
  @IsOptional() @IsInt() @Min(5) @Max(1000)
  pageSize?: number = 1000;

  /** Whether the private DNS name (`ip-10-0-0-6.eu-west-1.compute.internal`) is claimed as fqdn. Switch it off where the same addresses are used in many VPCs. */
  @IsOptional() @IsBoolean()
  privateDnsAsFqdn?: boolean = true;

  /** Tags that carry a meaning. */
  @IsOptional() @IsObject() @ValidateNested() @Type(() => AwsTagKeys)
  tagKeys?: AwsTagKeys = new AwsTagKeys();
}

/** What the connector works with: the options with every default in its place. */
export interface AwsSettings {
  readonly regions?: readonly string[];
  readonly accounts?: readonly string[];
  readonly organization: boolean;
  readonly assumeRole?: { readonly roleName: string; readonly externalId?: string; readonly sessionName: string };
  readonly homeRegion?: string;
  readonly pageSize: number;
}

export interface MappingOptions {
  readonly privateDnsAsFqdn: boolean;
  readonly tagKeys: { readonly lifecycle: string; readonly owner: string; readonly department: string };
}

/** Options may come as an instance of the class, or as the plain data that stood in the YAML. */
export function settingsOf(options: Readonly<Record<string, any>>): AwsSettings {
  return {
    ...(options['regions'] !== undefined && { regions: options['regions'] as string[] }),
    ...(options['accounts'] !== undefined && { accounts: (options['accounts'] as unknown[]).map(String) }),
    organization: options['organization'] !== undefined,
    ...(options['assumeRole'] !== undefined && {
      assumeRole: { sessionName: 'lockstep', ...withoutUndefined(options['assumeRole'] as { roleName: string }) },
    }),
    ...(options['homeRegion'] !== undefined && { homeRegion: options['homeRegion'] as string }),
    pageSize: (options['pageSize'] as number | undefined) ?? 1000,
  };
}

export function mappingOptions(options: Readonly<Record<string, any>>): MappingOptions {
  const keys = (options['tagKeys'] ?? {}) as Partial<AwsTagKeys>;
  return {
    privateDnsAsFqdn: options['privateDnsAsFqdn'] !== false,
    tagKeys: {
      lifecycle: keys.lifecycle ?? 'lockstep:lifecycle', owner: keys.owner ?? 'Owner', department: keys.department ?? 'Department',
    },
  };
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
