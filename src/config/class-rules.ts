import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import type { SectionClass } from './shape.js';

export interface Complaint {
  readonly property: string;
  /** Of a rule for each item: the one that breaks it. */
  readonly item?: number;
  /** What class-validator says, or the class's own words. */
  readonly message: string;
}

/**
 * What class-validator finds wrong with one section, apart from properties that were told already and from sections inside of it, which
 * are judged by themselves: so a wrong type shows one problem, not one a rule.
 */
export function complaints(of: SectionClass, instance: object, faulty: ReadonlySet<string>): readonly Complaint[] {
  return errorsOf(instance).filter((error) => !faulty.has(error.property) && messageOf(error) !== undefined).flatMap((error): readonly Complaint[] => {
    const items = offendingItems(of, instance, error);
    if (items.length) return items;
    return [{ property: error.property, message: reworded(messageOf(error)!, error.property) }];
  });
}

const errorsOf = (instance: object): ValidationError[] => validateSync(instance, { forbidUnknownValues: false, stopAtFirstError: true });

function messageOf(error: ValidationError): string | undefined {
  return Object.entries(error.constraints ?? {}).find(([name]) => name !== 'nestedValidation')?.[1];
}

function offendingItems(of: SectionClass, instance: object, error: ValidationError): readonly Complaint[] {
  const { property } = error;
  const value = (instance as Record<string, unknown>)[property];
  const each = getMetadataStorage().getTargetValidationMetadatas(of, '', false, false).some((rule) => rule.propertyName === property && rule.each);
  if (!each || !Array.isArray(value)) return [];
  return value.flatMap((item, index) => {
    const alone = Object.assign(Object.create(Object.getPrototypeOf(instance) as object) as object, instance, { [property]: [item] });
    const found = errorsOf(alone).find((candidate) => candidate.property === property);
    const message = found && messageOf(found);
    return message === undefined ? [] : [{ property, item: index, message: reworded(message, property) }];
  });
}

/** `each value in size must not be less than 5` -> `not less than 5`. */
function reworded(message: string, property: string): string {
  const plain = message.startsWith('each value in ') ? message.slice('each value in '.length) : message;
  if (!plain.startsWith(property)) return plain;
  return plain.slice(property.length).trim().replace(/^(?:must|should) (not )?be /, '$1').replace(/^(?:must|should) /, '');
}
