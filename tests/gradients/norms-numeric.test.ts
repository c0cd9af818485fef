import { numericSuite } from './norms-numeric.ts';

numericSuite([12, 6, 2]);
