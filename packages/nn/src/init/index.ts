/** Initial values of parameters, drawn in place: `init.kaimingNormal(layer.weight)`. */
export { calculateFan, type Fan } from './fan.ts';
export { constant, type InitOptions, normal, ones, uniform, zeros } from './fill.ts';
export { calculateGain, type Nonlinearity } from './gain.ts';
export { type KaimingOptions, kaimingNormal, kaimingUniform } from './kaiming.ts';
export { type OrthogonalOptions, orthogonal } from './orthogonal.ts';
export { type TruncNormalOptions, truncNormal } from './trunc-normal.ts';
export { type XavierOptions, xavierNormal, xavierUniform } from './xavier.ts';
