import { InvalidArgumentError } from 'commander';

/** A positive whole number, or bad usage. */
export const wholeNumber = (what: string) => (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError(`${what} takes a whole number above 0.`);
  return Number(text);
};
