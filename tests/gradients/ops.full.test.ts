import { drawnSuite, tableSuite } from './drawn-suite.ts';

drawnSuite(100);
tableSuite(100);
