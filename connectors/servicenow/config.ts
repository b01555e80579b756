import { IsIn, IsObject, IsOptional, IsString, MaxLength, registerDecorator } from 'class-validator';
import { RELATIONSHIP_KINDS, type RelationshipKind } from '../sdk/contract/index.js';

function IsRelationshipKinds(): PropertyDecorator {
  return (target, property) => registerDecorator({
    name: 'isRelationshipKinds', target: target.constructor, propertyName: String(property),
    validator: {
      validate: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
        && Object.values(value).every((kind) => kind === null || (RELATIONSHIP_KINDS as readonly unknown[]).includes(kind)),
      defaultMessage: () => `each entry must be one of ${RELATIONSHIP_KINDS.join(', ')}, or null`,
    },
  });
}

/** Options of a ServiceNow source. */
export class ServiceNowOptions {
  /** Value of the discovery_source choice list under which CIs are created; an admin adds it first. Without it none are. */
  @IsOptional() @IsString() @MaxLength(40)
  dataSource?: string;

  /** Kind of relationship for a type of the CMDB, by its name "Parent verb::Child verb", from parent to child; null leaves it out. */
  @IsOptional() @IsObject() @IsRelationshipKinds()
  relationshipKinds?: Record<string, RelationshipKind | null>;

  /** Where deletes are read from: the audit table and full scans, or full scans alone. */
  @IsOptional() @IsIn(['audit', 'scan'])
  deletes: 'audit' | 'scan' = 'audit';
}
