import { NormgradError, ones, randn, type Shape, Tensor, tensor, zeros } from '@normgrad/autograd';
import {
  BatchNorm1d,
  Linear,
  loadSafetensors,
  Sequential,
  type StateDict,
  saveSafetensors,
  streamSafetensors,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { values } from './support.ts';

/** A file of any header and any values. */
function fileOf(header: unknown, data: readonly number[] | Uint8Array = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}
const entry = (dtype: string, shape: Shape, begin: number, end: number) => ({ dtype, shape, data_offsets: [begin, end] });
const contents = (dict: StateDict): unknown =>
  Object.entries(dict).map(([name, value]) => [
    name,
    value instanceof Tensor ? [value.dtype, value.shape, values(value)] : value,
  ]);
const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('what is written is read', () => {
  const model = (): Sequential => new Sequential(new Linear(3, 2), new BatchNorm1d(2).to('float64'));
  const mixed = (): StateDict => ({
    count: 2n ** 62n,
    double: tensor(
      [
        [Number.NaN, -0],
        [1e300, 5e-324],
      ],
      { dtype: 'float64' },
    ),
    mask: tensor([true, false, true]),
    scalar: tensor(0.1),
    none: zeros([0, 3]),
    indices: tensor(Int32Array.of(-(2 ** 31), 7)),
    'Größe "x"\\': ones([1, 2, 1]),
    ['__proto__']: tensor([3]),
  });

  it.each([model().stateDict(), mixed(), {}])('case %#', (dict) => {
    const sorted = (each: StateDict): StateDict => Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
    const read = loadSafetensors(saveSafetensors(dict));
    expect(contents(sorted(read))).toEqual(contents(sorted(dict)));
  });

  it('of a model in another', () => {
    const [source, target] = [model(), model()];
    source.layers[0]!.call(randn([4, 3]));
    expect(target.loadStateDict(loadSafetensors(saveSafetensors(source.stateDict())))).toEqual({ missing: [], unexpected: [] });
    expect(contents(target.stateDict())).toEqual(contents(source.stateDict()));
  });

  it.each([1, 7, 64, 10_000])('from pieces of %i bytes, too', async (size) => {
    const file = saveSafetensors(mixed());
    expect(contents(await loadSafetensors(inPieces(file, size)))).toEqual(contents(loadSafetensors(file)));
    const web = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(file.slice(0, size));
        controller.enqueue(file.slice(size));
        controller.close();
      },
    });
    expect(contents(await loadSafetensors(web))).toEqual(contents(loadSafetensors(file)));
  });

  it('with values at multiples of their width, from a header of a multiple of 8', () => {
    const [start, ...parts] = [...streamSafetensors(mixed())];
    expect(start!.length % 8).toBe(0);
    expect(parts.map(({ length }) => length)).toEqual([8, 32, 4, 0, 8, 8, 4, 3]);
  });

  it('metadata', () => {
    const file = saveSafetensors({}, { metadata: { epoch: '3' } });
    expect(new TextDecoder().decode(file.subarray(8)).trim()).toBe('{"__metadata__":{"epoch":"3"}}');
  });
});

it('reads every dtype that fits', () => {
  const halves = bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0xfc00, 0x7e00, 0x8000));
  const brains = bytesOf(Uint16Array.of(0x3f80, 0xc049));
  const read = (dtype: string, count: number, data: Uint8Array) =>
    values(loadSafetensors(fileOf({ x: entry(dtype, [count], 0, data.length) }, data)).x as Tensor);
  expect(read('F16', 8, halves)).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    -0,
  ]);
  expect(read('BF16', 2, brains)).toEqual([1, -3.140625]);
  expect(read('I64', 2, bytesOf(BigInt64Array.of(-5n, 2n ** 31n - 1n)))).toEqual([-5, 2 ** 31 - 1]);
  expect(read('U64', 1, bytesOf(BigUint64Array.of(5n)))).toEqual([5]);
  expect(read('U32', 1, bytesOf(Uint32Array.of(5)))).toEqual([5]);
  expect(read('I16', 2, bytesOf(Int16Array.of(-5, 300)))).toEqual([-5, 300]);
  expect(read('U16', 1, bytesOf(Uint16Array.of(65535)))).toEqual([65535]);
  expect(read('I8', 2, bytesOf(Int8Array.of(-5, 5)))).toEqual([-5, 5]);
  expect(read('U8', 1, Uint8Array.of(255))).toEqual([255]);
  expect(read('BOOL', 3, Uint8Array.of(0, 1, 2))).toEqual([0, 1, 1]);
});

describe('refuses, naming the entry', () => {
  const F32 = entry('F32', [1], 0, 4);
  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  const long = new Uint8Array(16);
  long[0] = 200;
  const rejected: Record<string, Uint8Array> = {
    'an empty file': new Uint8Array(),
    'a header longer than allowed': huge,
    'a header longer than the file': long,
    'no JSON': fileOf('{"x":'),
    'no UTF-8': fileOf({}).fill(0xff, 8),
    'a list': fileOf([]),
    'space before the header': fileOf(' {}'),
    'a name twice': fileOf('{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0078":{}}'),
    'a field twice': fileOf('{"x":{"dtype":"F32","shape":[0],"dtype" : "F32","data_offsets":[0,0]}}'),
    'metadata that are no texts': fileOf({ __metadata__: { a: 1 } }),
    'an unknown dtype': fileOf({ x: entry('F8_E4M3', [1], 0, 1) }, [0]),
    'an entry that is none': fileOf({ x: null }),
    'an unknown field': fileOf({ x: { ...F32, color: 1 } }, [0, 0, 0, 0]),
    'a negative size': fileOf({ x: entry('F32', [-1], 0, 4) }, [0, 0, 0, 0]),
    'too many elements to count': fileOf({ x: entry('F32', [2 ** 30, 2 ** 30], 0, 4) }, [0, 0, 0, 0]),
    'no shape': fileOf({ x: { dtype: 'F32', data_offsets: [0, 4] } }, [0, 0, 0, 0]),
    'offsets backwards': fileOf({ x: entry('F32', [1], 4, 0) }, [0, 0, 0, 0]),
    'three offsets': fileOf({ x: { ...F32, data_offsets: [0, 4, 8] } }, [0, 0, 0, 0]),
    'a fraction of an offset': fileOf({ x: entry('F32', [1], 0.5, 4.5) }, [0, 0, 0, 0]),
    'another size than the shape': fileOf({ x: entry('F32', [2], 0, 4) }, [0, 0, 0, 0]),
    'values beyond the file': fileOf({ x: entry('F32', [2 ** 40], 0, 2 ** 42) }, [0, 0, 0, 0]),
    'an overlap': fileOf({ x: F32, y: entry('F32', [1], 2, 6) }, [0, 0, 0, 0, 0, 0]),
    'a gap': fileOf({ x: F32, y: entry('F32', [1], 8, 12) }, new Uint8Array(12)),
    'bytes at the end': fileOf({ x: F32 }, [0, 0, 0, 0, 0]),
    'an integer of more than 32 bits': fileOf({ x: entry('I64', [1], 0, 8) }, [0, 0, 0, 0, 1, 0, 0, 0]),
  };
  it('with messages', () => {
    const messages = Object.entries(rejected).map(([what, file]) => {
      try {
        loadSafetensors(file, { file: 'model.safetensors' });
      } catch (error) {
        return `${what}: ${String(error).replace('ArgumentError: loadSafetensors: model.safetensors', '')}`;
      }
      return `${what}: was taken`;
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "an empty file:  has 0 bytes; it must begin with the length of its header in 8; it is damaged, or no safetensors file: write or fetch it again.",
        "a header longer than allowed:  claims a header of 9223372036854775808 bytes; it must have at most 100000000; it is damaged, or no safetensors file: write or fetch it again.",
        "a header longer than the file:  ends after 8 bytes of its header; it must have 200; it is damaged, or no safetensors file: write or fetch it again.",
        "no JSON: : its header is no JSON; it must be a JSON object in UTF-8; it is damaged, or no safetensors file: write or fetch it again.",
        "no UTF-8: : its header is no JSON; it must be a JSON object in UTF-8; it is damaged, or no safetensors file: write or fetch it again.",
        "a list: : its header is no JSON object; it must begin with '{'; it is damaged, or no safetensors file: write or fetch it again.",
        "space before the header: : its header is no JSON object; it must begin with '{'; it is damaged, or no safetensors file: write or fetch it again.",
        "a name twice: : its header has x twice; names must be unique; it is damaged, or no safetensors file: write or fetch it again.",
        "a field twice: : its header has dtype twice; names must be unique; it is damaged, or no safetensors file: write or fetch it again.",
        "metadata that are no texts: : its header has a __metadata__ that is no list of texts; it must map names to strings; it is damaged, or no safetensors file: write or fetch it again.",
        "an unknown dtype: : entry x has dtype "F8_E4M3"; it must be one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL; convert it to F32.",
        "an entry that is none: : entry x has dtype undefined; it must be one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL; convert it to F32.",
        "an unknown field: : entry x has a field color; there are dtype, shape and data_offsets only; it is damaged, or no safetensors file: write or fetch it again.",
        "a negative size: : entry x has shape [-1]; it must be a list of sizes; it is damaged, or no safetensors file: write or fetch it again.",
        "too many elements to count: : entry x has shape [1073741824,1073741824]; it must be a list of sizes; it is damaged, or no safetensors file: write or fetch it again.",
        "no shape: : entry x has shape undefined; it must be a list of sizes; it is damaged, or no safetensors file: write or fetch it again.",
        "offsets backwards: : entry x has data_offsets [4,0]; they must be two positions, the first not after the second; it is damaged, or no safetensors file: write or fetch it again.",
        "three offsets: : entry x has data_offsets [0,4,8]; they must be two positions, the first not after the second; it is damaged, or no safetensors file: write or fetch it again.",
        "a fraction of an offset: : entry x has data_offsets [0.5,4.5]; they must be two positions, the first not after the second; it is damaged, or no safetensors file: write or fetch it again.",
        "another size than the shape: : entry x has 4 bytes; F32 [2] must have 8; it is damaged, or no safetensors file: write or fetch it again.",
        "values beyond the file: : entry x is cut off after 4 bytes; it must have 4398046511104; it is damaged, or no safetensors file: write or fetch it again.",
        "an overlap: : entry y overlaps the entry before it: it begins at 2; it must begin at 4; it is damaged, or no safetensors file: write or fetch it again.",
        "a gap: : entry y leaves a gap before it: it begins at 8; it must begin at 4; it is damaged, or no safetensors file: write or fetch it again.",
        "bytes at the end:  has bytes after the last entry, which ends at 4; nothing may follow; it is damaged, or no safetensors file: write or fetch it again.",
        "an integer of more than 32 bits: : entry x is int64 and holds 4294967296 at element 0; integers must fit into 32 bits here; save it as float64.",
      ]
    `);
  });

  it.each(Object.keys(rejected))('%s, from a stream', async (what) => {
    await expect(loadSafetensors(inPieces(rejected[what]!, 5))).rejects.toThrow(NormgradError);
  });

  it('an entry that has the name of the metadata, and what no file holds', () => {
    expect(() => saveSafetensors({ __metadata__: ones([1]) })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: saveSafetensors: an entry is called __metadata__; the format keeps that name; rename the field.]`,
    );
  });
});
