import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { registerDecorator, validateSync, type ValidationError, type ValidationOptions } from 'class-validator';

/** One thing wrong with a connector's options. `path` is within `options`. */
export interface OptionProblem {
  readonly path: string;
  readonly found: unknown;
  readonly expected: string;
}

/**
 * Builds and checks a connector's options by its class: for tests and for whoever starts a connector without the
 * product's own configuration, which does the same with a place for each problem. Unknown keys are problems; no type is
 * converted, for YAML is typed already (implicit conversion would turn the text `false` into true).
 */
export function readOptions<T extends object>(optionsClass: new () => T, plain: unknown): { readonly options: T; readonly problems: readonly OptionProblem[] } {
  const given = typeof plain === 'object' && plain !== null && !Array.isArray(plain) ? plain : {};
  const options = plainToInstance(optionsClass, { ...given }, { enableImplicitConversion: false, exposeDefaultValues: true });
  const errors = validateSync(options, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  const problems = errors.flatMap((error) => problemsOf(error, ''));
  if (given !== plain && plain !== undefined && plain !== null) problems.unshift({ path: '', found: plain, expected: 'an object' });
  return { options, problems };
}

function problemsOf(error: ValidationError, above: string): OptionProblem[] {
  const path = above === '' ? error.property : `${above}.${error.property}`;
  const below = (error.children ?? []).flatMap((child) => problemsOf(child, path));
  // the first is enough: a wrong type trips every range rule too
  const own = Object.entries(error.constraints ?? {}).slice(0, 1).map(([rule, message]) => ({
    path, found: error.value as unknown, expected: rule === 'whitelistValidation' ? 'no such option' : message,
  }));
  return [...own, ...below];
}

/** An http(s) address without credentials, query and fragment; plain http is accepted, for loopback and labs. */
export function isHttpAddress(value: unknown): value is string {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** `@IsHttpAddress()` for options that name another address of the vendor (authUrl, apiUrl …). */
export function IsHttpAddress(options?: ValidationOptions): PropertyDecorator {
  return (target, property) => registerDecorator({
    name: 'isHttpAddress', target: target.constructor, propertyName: String(property), ...(options && { options }),
    validator: { validate: isHttpAddress, defaultMessage: () => `${String(property)} must be an http(s) address without credentials or query` },
  });
}
