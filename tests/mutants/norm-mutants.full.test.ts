import { mutantSuite } from './norm-mutants.ts';

mutantSuite(true);
