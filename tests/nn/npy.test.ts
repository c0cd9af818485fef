import { ones, randn, type Tensor, tensor, zeros } from '@normgrad/autograd';
import { BatchNorm1d, loadNpy, loadNpz, saveNpy, saveNpz } from '@normgrad/nn';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { values } from './support.ts';

const contents = (x: Tensor): unknown => [x.dtype, x.shape, values(x)];
/** An NPY file of any header and values. */
function fileOf(header: string, data: ArrayBufferView, version = 1): Uint8Array {
  const start = [0x93, ...new TextEncoder().encode('NUMPY'), version, 0, header.length & 255, header.length >> 8];
  if (version > 1) start.push(0, 0);
  return Uint8Array.of(...start, ...new TextEncoder().encode(header), ...new Uint8Array(data.buffer));
}
const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

describe('NPY', () => {
  it.each([
    tensor([[1.5, -0, Number.NaN]]),
    tensor([1e300], { dtype: 'float64' }),
    tensor(Int32Array.of(-7, 2 ** 31 - 1)),
    tensor([[true], [false]]),
    tensor(3),
    zeros([0, 2]),
  ])('is read as it was written: %s', (x) => {
    const file = saveNpy(x);
    expect((file.length - x.storage.bytes) % 64).toBe(0);
    expect(contents(loadNpy(file))).toEqual(contents(x));
  });

  it('in Fortran order, big-endian, of other versions and dtypes', () => {
    const columns = Float32Array.of(1, 4, 2, 5, 3, 6);
    expect(loadNpy(fileOf(header('<f4', '(2, 3)', 'True'), columns)).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const three = Int32Array.from({ length: 24 }, (_, i) => i);
    expect(
      loadNpy(fileOf(header('<i4', '(2, 3, 4)', 'True'), three))
        .permute([2, 1, 0])
        .toArray(),
    ).toEqual(tensor(three, { shape: [4, 3, 2] }).toArray());
    expect(values(loadNpy(fileOf(header('>f4', '(1,)'), Uint8Array.of(0x3f, 0x80, 0, 0))))).toEqual([1]);
    expect(values(loadNpy(fileOf(header('|u1', '(2L,)'), Uint8Array.of(255, 1), 2)))).toEqual([255, 1]);
    expect(values(loadNpy(fileOf(header('<f2', '()'), Uint16Array.of(0x3c00), 3)))).toEqual([1]);
    expect(values(loadNpy(saveNpy(-5n)))).toEqual([-5]);
  });

  it('refuses with messages', () => {
    const rejected: Record<string, Uint8Array> = {
      'another file': new TextEncoder().encode('a,b,c,d,e,f,g\n1,2'),
      'a version to come': fileOf(header('<f4', '(1,)'), Float32Array.of(1), 4),
      'a cut header': fileOf(header('<f4', '(1,)'), Float32Array.of(1)).subarray(0, 30),
      'no header': fileOf('{}', Float32Array.of(1)),
      complex: fileOf(header('<c8', '(1,)'), Float64Array.of(1)),
      texts: fileOf(header('<U3', '(1,)'), Float32Array.of(1, 1, 1)),
      records: fileOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", Float32Array.of(1)),
      'too few values': fileOf(header('<f4', '(2, 2)'), Float32Array.of(1, 2, 3)),
      'too many': fileOf(header('<f4', '(2,)'), Float32Array.of(1, 2, 3)),
      'more than can be counted': fileOf(header('<f4', '(9007199254740992, 2)'), Float32Array.of(1)),
      'integers too large': fileOf(header('<i8', '(2,)'), BigInt64Array.of(1n, 2n ** 40n)),
    };
    const messages = Object.entries(rejected).map(([what, file]) => {
      try {
        loadNpy(file, { file: 'x.npy' });
      } catch (error) {
        return `${what}: ${String(error)}`;
      }
      return `${what}: was taken`;
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "another file: ArgumentError: loadNpy: x.npy is no NPY file; it must begin with the byte 93 and 'NUMPY'; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "a version to come: ArgumentError: loadNpy: x.npy is of version 4; there are 1, 2 and 3; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "a cut header: ArgumentError: loadNpy: x.npy ends within its header of 58 bytes; it must have 68 and more; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "no header: ArgumentError: loadNpy: x.npy has no readable header; it must name descr, fortran_order and shape; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "complex: ArgumentError: loadNpy: x.npy holds elements of type <c8; they must be floats, integers or bools; save it with array.astype('float32').",
        "texts: ArgumentError: loadNpy: x.npy holds elements of type <U3; they must be floats, integers or bools; save it with array.astype('float32').",
        "records: ArgumentError: loadNpy: x.npy holds records of several fields; elements must be numbers; save each field, array['name'], in a file of its own.",
        "too few values: ArgumentError: loadNpy: x.npy has 12 bytes of values; <f4 of shape [2, 2] must have 16; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "too many: ArgumentError: loadNpy: x.npy has 12 bytes of values; <f4 of shape [2] must have 8; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "more than can be counted: ArgumentError: loadNpy: x.npy has shape [9007199254740992, 2]; no machine holds so much; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "integers too large: ArgumentError: loadNpy: x.npy is int64 and holds 1099511627776 at element 1; integers must fit into 32 bits here; save it as float64.",
      ]
    `);
  });
});

describe('NPZ', () => {
  it.each([false, true])('is read as it was written, compressed: %s', (compress) => {
    const dict = { a: randn([2, 3]), 'b.weight': tensor([true]), ['__proto__']: ones([200]) };
    const read = loadNpz(saveNpz(dict, { compress }));
    expect(Object.keys(read)).toEqual(Object.keys(dict));
    for (const [name, x] of Object.entries(dict)) expect(contents(read[name]!)).toEqual(contents(x));
  });

  it('holds the state of a model', () => {
    const [source, target] = [new BatchNorm1d(2), new BatchNorm1d(2)];
    source.call(randn([4, 2]));
    target.loadStateDict(loadNpz(saveNpz(source.stateDict())));
    expect(target.stateDict().num_batches_tracked).toBe(1n);
    expect(contents(target.runningMean!)).toEqual(contents(source.runningMean!));
  });

  it('refuses with messages', () => {
    const bomb = saveNpz({ a: zeros([100]) }, { compress: true });
    const view = new DataView(bomb.buffer);
    const central = view.getUint32(bomb.length - 22 + 16, true);
    view.setUint32(central + 24, 2 ** 31, true); // the size it claims to have unpacked
    const damaged = saveNpz({ a: zeros([100]) });
    damaged[60] = 0;
    const rejected: Record<string, Uint8Array> = {
      'an empty file': new Uint8Array(),
      'another file': new TextEncoder().encode('not a zip file, but long enough to be searched for one'),
      'an entry that is no array': zipSync({ 'readme.txt': new Uint8Array(3) }),
      'a damaged entry': zipSync({ 'x.npy': new Uint8Array(30) }),
      'a claim of 2 GB': bomb,
    };
    const messages = Object.entries(rejected).map(([what, file]) => {
      try {
        loadNpz(file, { file: 'x.npz' });
      } catch (error) {
        return `${what}: ${String(error)}`;
      }
      return `${what}: was taken`;
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "an empty file: ArgumentError: loadNpz: x.npz cannot be unzipped; it must be a zip archive; it is damaged, or not what numpy.savez writes: write or fetch it again.",
        "another file: ArgumentError: loadNpz: x.npz cannot be unzipped; it must be a zip archive; it is damaged, or not what numpy.savez writes: write or fetch it again.",
        "an entry that is no array: ArgumentError: loadNpz: x.npz: entry readme.txt is no array; its name must end in .npy; it is damaged, or not what numpy.savez writes: write or fetch it again.",
        "a damaged entry: ArgumentError: loadNpy: x.npz: entry x is no NPY file; it must begin with the byte 93 and 'NUMPY'; it is damaged, or not what numpy.save writes: write or fetch it again.",
        "a claim of 2 GB: ArgumentError: loadNpz: x.npz: entry a.npy makes the arrays 2147483648 bytes; they must have at most 1073741824; pass maxBytes if you trust the file.",
      ]
    `);
  });
});
