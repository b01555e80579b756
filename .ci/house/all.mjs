import { unlikeTheOthers } from './connectors.mjs';
import { lockfileProblems } from './lockfile.mjs';
import { tooLarge } from './sizes.mjs';
import { vendorsNamed } from './vendors.mjs';

/** Everything that is wrong in the tree at `root`: `{ file, line, message }` each. */
export const houseProblems = (root) => [tooLarge, vendorsNamed, unlikeTheOthers, lockfileProblems].flatMap((check) => check(root));
