/** Times the library on small work: npx -y pnpm@12 bench. */

import { adds } from './cases/adds.ts';
import { layerNorms } from './cases/layer-norm.ts';
import { mlpStep } from './cases/mlp-step.ts';
import { measure } from './measure.ts';

for (const { name, median, low, high } of measure([adds(), mlpStep(), ...layerNorms()])) {
  console.log(`${name.padEnd(66)} ${median.toFixed(1).padStart(7)} us  (${low.toFixed(1)} to ${high.toFixed(1)})`);
}
