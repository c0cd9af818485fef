/** Times the library on small work: npx -y pnpm@12 bench. */

import { measure } from './measure.ts';
import { adds } from './work/adds.ts';
import { layerNorms } from './work/layer-norm.ts';
import { mlpStep } from './work/mlp-step.ts';

for (const { name, median, low, high } of measure([adds(), mlpStep(), ...layerNorms()])) {
  console.log(`${name.padEnd(66)} ${median.toFixed(1).padStart(7)} us  (${low.toFixed(1)} to ${high.toFixed(1)})`);
}
