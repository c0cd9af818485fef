/**
 * Files that were damaged, by chance or with care. Whatever they say: they load as a plain reading of their bytes has it, or an error of ours says
 * why not; and no more memory is taken than their bytes justify.
 */
import { NormgradError, randn, Tensor, tensor, zeros } from '@normgrad/autograd';
import {
  loadNpy,
  loadNpz,
  loadSafetensors,
  openSafetensors,
  type StateValue,
  saveNpy,
  saveNpz,
  saveSafetensors,
} from '@normgrad/nn';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { expect } from 'vitest';
import { type PlainTensor, plainNpy, plainSafetensors } from './plain-readers.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Mutate = (file: Bytes) => Bytes;

const join = (...parts: (Uint8Array | readonly number[])[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** Copies, and lets `change` have its way with the copy. */
const changed = (file: Bytes, change: (copy: Bytes, view: DataView) => void): Bytes => {
  const copy = file.slice();
  change(copy, view(copy));
  return copy;
};

/** Numbers that lie well. */
const lies = fc.oneof(
  fc.nat(100),
  fc.constantFrom(
    2 ** 16 - 1,
    2 ** 20,
    1e8,
    1e8 + 1,
    2 ** 28,
    2 ** 29,
    2 ** 30 - 1e5,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 40,
    2 ** 53 - 1,
    2 ** 53,
  ),
);
const u32 = lies.map((value) => Math.min(value, 2 ** 32 - 1));

const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }).map(
  (places): Mutate =>
    (file) =>
      changed(file, (copy) => {
        for (const [at, byte] of places) copy[at % copy.length] = byte;
      }),
);
const cuts = fc.nat().map(
  (at): Mutate =>
    (file) =>
      file.slice(0, at % file.length),
);
const insertions = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 12 })).map(
  ([at, bytes]): Mutate =>
    (file) =>
      join(file.subarray(0, at % (file.length + 1)), bytes, file.subarray(at % (file.length + 1))),
);
const anywhere = fc.oneof(flips, cuts, insertions);

/** Some text instead of what a pattern matches. */
const replacement = (pattern: RegExp, texts: fc.Arbitrary<string>): fc.Arbitrary<(text: string) => string> =>
  fc.tuple(fc.nat(), texts).map(([which, instead]) => (text) => {
    const found = [...text.matchAll(pattern)];
    const { index, 0: old } = found[which % Math.max(found.length, 1)] ?? { index: 0, 0: '' };
    return text.slice(0, index) + instead + text.slice(index + old.length);
  });

// Safetensors.

const everyKind = [
  ['F64', [2], [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8]],
  ['I64', [1, 2], [1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['U64', [], [9, 0, 0, 0, 0, 0, 0, 0]],
  ['U32', [1], [1, 2, 3, 4]],
  ['F16', [3, 1], [0, 0x3c, 1, 0, 0, 0xfc]],
  ['BF16', [1], [0x80, 0x3f]],
  ['I16', [2], [0xff, 0xff, 1, 0]],
  ['U16', [1], [0xff, 0xff]],
  ['I8', [2], [0x80, 1]],
  ['U8', [0, 3], []],
  ['BOOL', [2], [0, 1]],
] as const;

function safetensors(header: string | Uint8Array, data: Uint8Array): Bytes {
  const bytes = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  return changed(join(new Uint8Array(8), bytes, data), (_, view) => view.setBigUint64(0, BigInt(bytes.length), true));
}
function rareFile(): Bytes {
  let end = 0;
  const entries = everyKind.map(([dtype, shape, { length }], i) => [
    `${i}.x`,
    { dtype, shape, data_offsets: [end, (end += length)] },
  ]);
  return safetensors(JSON.stringify(Object.fromEntries(entries)), join(...everyKind.map(([, , bytes]) => bytes)));
}
const headerOf = (file: Bytes): [header: Bytes, data: Bytes] => {
  const end = 8 + Number(view(file).getBigUint64(0, true));
  return [file.slice(8, end), file.slice(end)];
};

const values = fc.oneof(
  lies.map(String),
  fc.constantFrom(
    ...['-1', '1.5', '2.0', '-0', '1e2', '1e999', 'null', 'true', '"4"', '[]', '[1]', '{}', '[0,0,0]', '[9007199254740992,0]'],
    ...['"F32"', '"F64"', '"I32"', '"BOOL"', '"F8_E4M3"', '{"toString":1,"valueOf":2}', '[4294967296,4294967296]', ' 3', '03'],
    ...['"\\ud800"', '"__proto__"', '{"__proto__":null}', `"${'x'.repeat(3000)}"`, `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ...['{"a":'.repeat(20_000), `[${'1,'.repeat(300)}1]`, '"x":{},"x"', '\n', '\t', '\f', '\u00a0', '//', ''],
  ),
);
/** Changes of the header that leave its length true. */
const headers = fc
  .oneof(
    replacement(/-?\d+(?=[,\]])/g, values),
    replacement(
      /"[^"]*"(?=:)/g,
      fc.constantFrom(
        '"dtype"',
        '"shape"',
        '"data_offsets"',
        '"__metadata__"',
        '"__proto__"',
        '"0.x"',
        '"1.x"',
        '"mask"',
        '"weight"',
        '"\\u0030.x"',
        '""',
      ),
    ),
    replacement(/"[A-Z]+\d*"/g, values),
    replacement(/\[[^[\]]*\]/g, values),
    replacement(/[{},:[\]"]/g, fc.oneof(values, fc.constantFrom(...'{},:[]"'))),
  )
  .map(
    (change): Mutate =>
      (file) => {
        const [header, data] = headerOf(file);
        return safetensors(change(new TextDecoder().decode(header)), data);
      },
  );
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
/** Entries that lie, and tell the truth, about each other. */
const arrangements = fc
  .tuple(
    fc.nat(),
    fc.nat(),
    fc.integer({ min: -9, max: 9 }),
    fc.constantFrom(
      'shift',
      'swap',
      'exchange',
      'flatten',
      'convert',
      'bytes',
      'drop',
      'hole',
      'same',
      'shrink',
      'twice',
      'utf8',
    ),
  )
  .map(
    ([a, b, delta, kind]): Mutate =>
      (file) => {
        const [header, data] = headerOf(file);
        const { __metadata__, ...entries } = JSON.parse(new TextDecoder().decode(header)) as Record<string, Entry>;
        const [x, y] = [a, b].map((which) => Object.values(entries)[which % Object.keys(entries).length]!) as [Entry, Entry];
        const [begin, end] = x.data_offsets;
        let values: Bytes = data;
        if (kind === 'shift') x.data_offsets = [begin + delta, end + delta];
        if (kind === 'swap') [x.data_offsets, y.data_offsets] = [y.data_offsets, x.data_offsets];
        if (kind === 'exchange') [x.dtype, x.shape, y.dtype, y.shape] = [y.dtype, y.shape, x.dtype, x.shape];
        if (kind === 'shrink') x.shape = x.shape.map((size) => Math.max(size - 1, 0));
        if (kind === 'flatten') x.shape = [1, x.shape.reduce((count, size) => count * size, 1), 1];
        if (kind === 'convert') x.dtype = everyKind[b % everyKind.length]![0];
        if (kind === 'bytes') [x.dtype, x.shape] = ['U8', [end - begin]];
        if (kind === 'drop') for (const [name, each] of Object.entries(entries)) if (each === x) delete entries[name];
        if (kind === 'same') y.data_offsets = [begin, end];
        if (kind === 'hole') {
          const gap = Math.abs(delta);
          values = join(data.subarray(0, begin), new Uint8Array(gap), data.subarray(begin));
          for (const each of Object.values(entries)) {
            const [from, to] = each.data_offsets;
            if (from >= begin) each.data_offsets = [from + gap, to + gap];
          }
        }
        const [first] = Object.entries(entries);
        const again = kind === 'twice' && first ? `${JSON.stringify(first[0])}:${JSON.stringify(first[1])},` : '';
        const bytes = new TextEncoder().encode(JSON.stringify(entries).replace('{', `{${again}`));
        if (kind === 'utf8') bytes[bytes.indexOf(0x22, a % bytes.length) + 1] = 0xff;
        return safetensors(bytes, values);
      },
  );
const otherHeaders = fc.oneof(
  arrangements,
  arrangements,
  lies.map(
    (length): Mutate =>
      (file) =>
        changed(file, (_, view) => view.setBigUint64(0, BigInt(length), true)),
  ),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(
    (length): Mutate =>
      (file) =>
        changed(file, (_, view) => view.setBigUint64(0, length, true)),
  ),
  anywhere.map(
    (mutate): Mutate =>
      (file) => {
        const [header, data] = headerOf(file);
        return safetensors(mutate(header), data);
      },
  ),
  fc.oneof(flips, flips, anywhere).map(
    (mutate): Mutate =>
      (file) => {
        const [header, data] = headerOf(file);
        return safetensors(header, data.length > 0 ? mutate(data) : data);
      },
  ),
);

// NPY and NPZ.

const npyHeaders = fc.oneof(
  replacement(
    /\d+(?=,)/g,
    fc.oneof(lies.map(String), fc.constantFrom('-1', '1.5', '03', '2L', '', '(2,)', '1e1', ' 2 ', 'None')),
  ),
  replacement(
    /'[<>|]\w\d'/g,
    fc.oneof(
      fc.constantFrom(
        ...['f8', 'f4', 'f2', 'i8', 'u8', 'i4', 'u4', 'i2', 'u2', 'i1', 'u1', 'b1', 'c8', 'U1', 'O'].flatMap((code) => [
          `'<${code}'`,
          `'>${code}'`,
          `"|${code}"`,
        ]),
      ),
      fc.constantFrom("[('a', '<f4')]", "''", 'True', `'${'f'.repeat(500)}'`),
    ),
  ),
  replacement(/True|False/g, fc.constantFrom('True', 'False', 'true', '1', "'False'", 'None')),
  replacement(/'\w+'(?=:)/g, fc.constantFrom("'descr'", '"shape"', "'fortran_order'", "'x'", 'shape', "'__proto__'")),
  replacement(
    /\([^()]*\)/g,
    fc.constantFrom(
      '()',
      '(3)',
      '(3,)',
      '(2, 3)',
      '(3, 2,)',
      '(1, 6)',
      '[6]',
      '(6 ,1)',
      '((6,))',
      '(0, 4)',
      `(${'1,'.repeat(600)})`,
      '(6',
    ),
  ),
  replacement(/[{},:()' ]/g, fc.constantFrom(...'{},:()[]\'" \t\n\f\0', '  ', ' '.repeat(5000), ' '.repeat(70_000))),
);
function withNpyHeader(file: Bytes, change: (text: string) => string): Bytes {
  const end = 10 + view(file).getUint16(8, true);
  const header = new TextEncoder().encode(change(new TextDecoder().decode(file.subarray(10, end))));
  const long = header.length > 0xffff;
  const start = long ? [2, 0, 0, 0, 0, 0] : [1, 0, 0, 0];
  return changed(join(file.subarray(0, 6), start, header, file.subarray(end)), (_, view) =>
    long ? view.setUint32(8, header.length, true) : view.setUint16(8, header.length, true),
  );
}
const npyMutations = fc.oneof(
  anywhere,
  npyHeaders.map(
    (change): Mutate =>
      (file) =>
        withNpyHeader(file, change),
  ),
  fc.tuple(npyHeaders, npyHeaders).map(
    ([first, second]): Mutate =>
      (file) =>
        withNpyHeader(withNpyHeader(file, first), second),
  ),
  fc.tuple(fc.nat(4), lies).map(
    ([version, length]): Mutate =>
      (file) =>
        changed(file, (copy, view) => {
          copy[6] = version;
          if (version > 1) view.setUint32(8, Math.min(length, 2 ** 32 - 1), true);
          else view.setUint16(8, length % 2 ** 16, true);
        }),
  ),
);

/** A field of some record of an archive, by the record's signature. */
const zipFields = fc
  .tuple(
    fc.constantFrom<[signature: number, fields: [at: number, width: 2 | 4][]]>(
      [
        0x04034b50,
        [
          [6, 2],
          [8, 2],
          [14, 4],
          [18, 4],
          [22, 4],
          [26, 2],
          [28, 2],
        ],
      ],
      [
        0x02014b50,
        [
          [8, 2],
          [10, 2],
          [16, 4],
          [20, 4],
          [24, 4],
          [28, 2],
          [30, 2],
          [32, 2],
          [42, 4],
        ],
      ],
      [
        0x06054b50,
        [
          [8, 2],
          [10, 2],
          [12, 4],
          [16, 4],
          [20, 2],
        ],
      ],
    ),
    fc.nat(),
    fc.nat(),
    u32,
    fc.boolean(),
  )
  .map(
    ([[signature, fields], which, field, value, add]): Mutate =>
      (file) =>
        changed(file, (copy, view) => {
          const places = [...copy.keys()].filter((at) => at + 22 <= copy.length && view.getUint32(at, true) === signature);
          const place = places[which % Math.max(places.length, 1)];
          if (place === undefined) return;
          const [offset, width] = fields[field % fields.length]!;
          if (place + offset + width > copy.length) return;
          const old = width === 4 ? view.getUint32(place + offset, true) : view.getUint16(place + offset, true);
          const lie = add ? old + (value % 200) - 100 : value;
          if (width === 4) view.setUint32(place + offset, lie % 2 ** 32, true);
          else view.setUint16(place + offset, lie % 2 ** 16, true);
        }),
  );

/** An archive whose directory names one file many times. */
export function crowd(count: number): Bytes {
  const file = saveNpz({ aaaa: zeros([5000]) }, { compress: true });
  const end = file.length - 22;
  const directory = file.slice(view(file).getUint32(end + 16, true), end);
  const entries = Array.from({ length: count }, (_, i) =>
    changed(directory, (copy) => copy.set(new TextEncoder().encode(i.toString(36).padStart(4, '0')), 46)),
  );
  const all = join(file.subarray(0, end - directory.length), ...entries, file.subarray(end));
  return changed(all, (_, view) => {
    view.setUint16(all.length - 22 + 8, count, true);
    view.setUint16(all.length - 22 + 10, count, true);
    view.setUint32(all.length - 22 + 12, count * directory.length, true);
  });
}

/** An archive that holds a file within another, so that their bytes unpack twice. */
export function nested(): Bytes {
  const inner = saveNpz({ b: zeros([4]) });
  const [innerEnd, begin] = [inner.length - 22, view(inner).getUint32(inner.length - 22 + 16, true)];
  const outer = Uint8Array.from(zipSync({ 'a.npy': inner.slice(0, begin) }, { level: 0 }));
  const end = outer.length - 22;
  const entry = changed(inner.slice(begin, innerEnd), (_, view) => view.setUint32(42, 35, true)); // behind a header and its name
  return changed(join(outer.subarray(0, end), entry, outer.subarray(end)), (copy, view) => {
    view.setUint16(copy.length - 22 + 10, 2, true);
    view.setUint32(copy.length - 22 + 12, view.getUint32(copy.length - 22 + 12, true) + entry.length, true);
  });
}

const npyFiles: readonly Bytes[] = [
  randn([2, 3]),
  tensor([1.5, -2, Number.NaN], { dtype: 'float64' }),
  tensor(Int32Array.of(3, -4, 5, 6)),
  tensor([true, false]),
  tensor(7),
  zeros([0, 4]),
].flatMap((x) => {
  const file = saveNpy(x);
  const others = [
    withNpyHeader(file, (text) => text.replace("'<", "'>")),
    withNpyHeader(file, (text) => text.replace('False', 'True')),
  ];
  return [file, ...others];
});
const archived: Readonly<Record<string, Tensor>> = { a: randn([3, 2]), 'b.c': tensor([true, false]), zeros: zeros([100, 50]) };

interface Damaged {
  readonly format: 'safetensors' | 'npy' | 'npz';
  readonly file: Bytes;
  /** What it holds, if anything. */
  readonly truth: Readonly<Record<string, PlainTensor>> | undefined;
  /** Whether it may be refused nevertheless: what the zip format leaves open need not be read. */
  readonly lenient?: boolean;
}

const plain = (x: StateValue): PlainTensor =>
  x instanceof Tensor
    ? { dtype: x.dtype, shape: x.shape, values: [...x.toTypedArray()] }
    : { dtype: 'int64', shape: [], values: [x] };
const plainly = (dict: Readonly<Record<string, StateValue>>): Record<string, PlainTensor> =>
  Object.fromEntries(Object.entries(dict).map(([name, x]) => [name, plain(x)]));

/** Any damaged file. The seeds are made once: they are not small. */
export function damagedFiles(): fc.Arbitrary<Damaged> {
  const model = saveSafetensors({
    weight: randn([30, 20]),
    mask: tensor([true, false]),
    count: 3n,
    double: tensor([1, 2], { dtype: 'float64' }),
  });
  const archives = [false, true].map((compress) => saveNpz(archived, { compress }));
  const truth = plainly(archived);
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(model, rareFile()),
          fc.oneof({ weight: 1, arbitrary: anywhere }, { weight: 2, arbitrary: headers }, { weight: 2, arbitrary: otherHeaders }),
        )
        .map(([original, mutate]): Damaged => {
          const file = mutate(original);
          const tensors = plainSafetensors(file);
          return { format: 'safetensors', file, truth: tensors && Object.fromEntries(tensors) };
        }),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom(...npyFiles), npyMutations, fc.constantFrom(undefined, 0, 6))
        .map(([original, mutate, level]): Damaged => {
          const file = mutate(original);
          const x = plainNpy(file);
          const truth = x && { x };
          if (level === undefined) return { format: 'npy', file, truth };
          return { format: 'npz', file: Uint8Array.from(zipSync({ 'x.npy': file }, { level: level as 0 | 6 })), truth };
        }),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...archives), fc.array(fc.oneof(zipFields, zipFields, anywhere), { minLength: 1, maxLength: 2 }))
        .map(
          ([file, changes]): Damaged => ({
            format: 'npz',
            file: changes.reduce((bytes, mutate) => (bytes.length > 0 ? mutate(bytes) : bytes), file),
            truth,
            lenient: true,
          }),
        ),
    },
  );
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Every way to read a file of a format. */
const readers: Record<Damaged['format'], ((file: Bytes) => unknown)[]> = {
  safetensors: [
    (file) => loadSafetensors(file),
    (file) => loadSafetensors(inPieces(file, 1 + (file.length % 97))),
    async (file) => {
      const opened = await openSafetensors(new Blob([file]));
      const names = [...opened.tensors.keys()];
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await opened.load(name)])));
    },
  ],
  npy: [(file) => ({ x: loadNpy(file) })],
  npz: [(file) => loadNpz(file)],
};

/** Reads a damaged file in every way. */
export async function readDamaged({ format, file, truth, lenient = false }: Damaged): Promise<'read' | 'refused'> {
  let outcome: 'read' | 'refused' = 'refused';
  for (const read of readers[format]) {
    const before = process.memoryUsage().arrayBuffers;
    try {
      const dict = (await read(file)) as Record<string, StateValue>;
      expect(plainly(dict)).toEqual(truth ?? 'a refusal');
      outcome = 'read';
    } catch (error) {
      if (!(error instanceof NormgradError)) throw error;
      expect(error.message.length).toBeLessThan(700);
      if (truth && !lenient) throw new Error(`was refused: ${error.message}`, { cause: error });
    }
    expect(process.memoryUsage().arrayBuffers - before, 'bytes taken').toBeLessThan(16 * 2 ** 20 + 16 * file.length);
  }
  return outcome;
}
