/**
 * Convolutions with kernels of 3 x 3 in 16 products for each 2 x 2 outputs instead of 36: F(2x2, 3x3) of Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2015. Along one axis, two outputs y of a kernel g at four inputs d:
 *
 *     y0 = m0 + m1 + m2     m0 = (d0 - d2) g0     m1 = (d1 + d2) (g0 + g1 + g2) / 2
 *     y1 = m1 - m2 - m3     m3 = (d1 - d3) g2     m2 = (d2 - d1) (g0 - g1 + g2) / 2
 *
 * The 16 components of d and g are products of matrices over the channels; gradients are the transposes of these maps. Errors are near
 * those of the plain way: 1.6e-7 of the outputs (root mean square, float32) and 2.1e-7 at 16 channels, 2.6e-7 and 2.7e-7 at 64, 5.0e-7 and 2.9e-7 at 256.
 * An output is made of its own window alone, so a NaN spoils no other. But infinities, given or on the way, become NaN: what is not finite is
 * computed again in the plain way.
 */
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type Call, parallel, workAreas } from '../runtime/threads.ts';
import type { AxisPass } from './conv-axis.ts';
import { type Corner, inRegisters, type Pass } from './conv-layout.ts';
import { packWeights, type WeightStrides } from './conv-pass.ts';
import { packedRows, productCalls, tileHeights } from './conv-tile.ts';
import { addTo, allFinite } from './conv-weight-pass.ts';
import { weightProduct } from './conv-weight-tile.ts';
import { components, leastPositions, Tiles } from './conv-winograd-layout.ts';
import { transformKernel, transformKernelProducts, transformOutput, transformProducts } from './conv-winograd-tile.ts';
import { copyStrided } from './copy.ts';
import { fill } from './fill.ts';
import { productNanoseconds } from './matmul.ts';
import { mostParts, split } from './split.ts';

/** As `runPass`; whether all of the target is finite. */
export function runWinograd(dtype: FloatType, pass: Pass, weight: number, strides: WeightStrides, bias: number): boolean {
  const { bytes, count } = lanes[dtype];
  const [k, m] = [pass.source.channels, pass.target.channels];
  const tiles = new Tiles(dtype, pass);
  const corners = tiles.corners();
  const parts = split(corners.length, components * tiles.count(corners[0]!) * m * k * productNanoseconds);
  const kernels = tileHeights(m).length * k * packedRows; // the numbers of a component
  const areas = workAreas((9 + components) * kernels * bytes + tiles.tableBytes + 16 * parts.length, tiles.ownBytes);
  const { shared: packed, own: area } = areas;
  const weights = packed + 9 * kernels * bytes;
  const table = weights + components * kernels * bytes;
  const flags = table + tiles.tableBytes;
  packWeights(dtype, inOrder(pass), weight, strides, packed, [k * packedRows, packedRows, 3 * kernels, kernels]);
  transformKernel[dtype].run(packed, kernels * bytes, weights, kernels * bytes, kernels);
  tiles.writeTable(table);
  fill(dtype, flags, parts.length * count, 0);

  const block = (flag: number, corner: Corner): Call[] => [
    ...tiles.transformSource(area, corner),
    ...productCalls(dtype, {
      a: weights,
      tileA: k * packedRows * bytes,
      b: tiles.source(area),
      table,
      c: tiles.target(area),
      pitchC: tiles.planeBytes,
      m,
      n: tiles.count(corner),
      k,
      bias: 0,
      work: tiles.work(area),
      times: components,
      nextA: kernels * bytes,
      nextB: tiles.sourceBytes,
      nextC: tiles.targetBytes,
    }),
    tiles.transformTarget(transformProducts[dtype], area, corner, bias, flag),
  ];
  parallel(
    parts.map(([start, end], part) => [
      ...tiles.layout.clear(area, 1),
      ...corners.slice(start, end).flatMap((corner) => block(flags + 16 * part, corner)),
    ]),
    areas,
  );
  return allFinite(dtype, flags, parts.length * count);
}

/** The pass with its taps from the least shift on. */
function inOrder(pass: Pass): Pass {
  const sorted = (axis: AxisPass): AxisPass => ({ ...axis, taps: [...axis.taps].sort((a, b) => a.shift - b.shift) });
  return { ...pass, rows: sorted(pass.rows), columns: sorted(pass.columns) };
}

/** What the sums of all parts may take: with 512 channels those of four. */
const partsBytes = 64 * 1024 * 1024;

/** As `runWeightPass`; whether all of the weight is finite. */
export function runWinogradWeight(dtype: FloatType, pass: Pass, weight: number): boolean {
  const { batch, rows, columns, source, target } = pass;
  const { bytes } = lanes[dtype];
  const [k, m] = [source.channels, target.channels];
  const tiles = new Tiles(dtype, pass);
  const sumBytes = inRegisters(m * k * bytes); // of a component
  // A part is some images, however many threads there are, and sums into components of its own.
  const perPart = Math.max(
    Math.ceil(batch / mostParts),
    Math.ceil(leastPositions / (rows.count * columns.count)),
    Math.ceil((batch * components * sumBytes) / partsBytes),
  );
  const parts = Math.ceil(batch / perPart);
  const areas = workAreas((parts * components + 9) * sumBytes + tiles.tableBytes, tiles.ownBytes);
  const { shared: sums, own: area } = areas;
  const taps = sums + parts * components * sumBytes;
  const table = taps + 9 * sumBytes;
  fill(dtype, sums, (taps - sums) / bytes, 0);
  tiles.writeTable(table);

  const block = (sum: number, corner: Corner): Call[] => [
    ...tiles.transformSource(area, corner),
    tiles.transformTarget(transformOutput[dtype], area, corner),
    weightProduct(dtype, {
      y: tiles.target(area),
      planeY: tiles.planeBytes,
      rowY: 0,
      b: tiles.source(area),
      table,
      rowB: 0,
      height: 1,
      width: tiles.count(corner),
      c: sum,
      m,
      k,
      work: tiles.work(area),
      times: components,
      nextY: tiles.targetBytes,
      nextB: tiles.sourceBytes,
      nextC: sumBytes,
    }),
  ];
  parallel(
    Array.from({ length: parts }, (_, part) => {
      const sum = sums + part * components * sumBytes;
      const corners = tiles.corners([part * perPart, Math.min(batch, (part + 1) * perPart)]);
      return [...tiles.layout.clear(area, 1), ...corners.flatMap((corner) => block(sum, corner))];
    }),
    areas,
  );
  const end = sums + components * sumBytes;
  for (let from = end; from < taps; from += components * sumBytes) addTo[dtype].run(sums, from, sums, end);
  transformKernelProducts[dtype].run(sums, sumBytes, taps, sumBytes, m * k);
  copyStrided(dtype === 'float32' ? 4 : 8, [m * k, 9], taps, [1, sumBytes / bytes], weight, [9, 1]);
  return allFinite(dtype, weight, 9 * m * k);
}
