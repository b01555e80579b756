import { describeWalk } from './walk.js';

describeWalk('from a file to an explained asset');
