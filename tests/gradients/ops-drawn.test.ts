import { drawnSuite } from './drawn-suite.ts';

drawnSuite(5);
