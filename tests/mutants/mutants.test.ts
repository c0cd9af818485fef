import { mutantSuite, rightSuite } from './mutants.ts';
import { type Norm, normDefects, normMutant, normSamples, occursIn } from './norm-defects.ts';
import { opMutants } from './op-defects.ts';

// Each defect once, each sample in some defect; ops at large in the full suite.
const norms: readonly Norm[] = ['batchNorm', 'layerNorm', 'groupNorm', 'instanceNorm', 'rmsNorm', 'evalNorm'];
mutantSuite(
  Object.keys(normDefects).map((defect, k) => {
    const legal = norms.filter((norm) => occursIn(defect, norm));
    const samples = normSamples.filter(({ norm }) => norm === legal[k % legal.length]);
    return normMutant(defect, samples[k % samples.length]!);
  }),
);
mutantSuite(opMutants().filter((_, k) => k % 3 === 0));
rightSuite(norms.map((norm) => normMutant('none', normSamples.find((sample) => sample.norm === norm)!)));
