import { mutantSuite, rightSuite } from './mutants.ts';
import { largeSamples, normMutant, normMutants, normSamples } from './norm-defects.ts';
import { opMutants } from './op-defects.ts';

mutantSuite([...normMutants(), ...opMutants()]);
rightSuite([...normSamples, ...largeSamples].map((sample) => normMutant('none', sample)));
