import { numericSuite } from './norms-numeric.ts';

numericSuite([200, 80, 40]);
