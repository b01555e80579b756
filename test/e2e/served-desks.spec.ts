import { describeServedDesks, ServedDesks } from './served-desks.js';

describeServedDesks('two desks and a service in one process', () => ServedDesks.open('sqlite:./lockstep.db', ['all']));
