import { createTestDatabase } from '../support/mariadb.js';
import { describeWalk } from './walk.js';

describeWalk('from a file to an explained asset, on MariaDB', createTestDatabase);
