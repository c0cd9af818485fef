/** What safetensors and NPY files mean, read plainly from their descriptions, token by token: what the library's readers are held against. */

export interface PlainTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | bigint)[];
}

/** The end of a file that is none. */
class Flaw extends Error {}
function check(fact: boolean): asserts fact {
  if (!fact) throw new Flaw();
}
/** What `read` gives; undefined if it finds a flaw. */
function valid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Flaw) return undefined;
    throw error;
  }
}

type Read = (view: DataView, at: number, little: boolean) => number | bigint;
const half =
  (exponentBits: number): Read =>
  (view, at, little) => {
    const bits = view.getUint16(at, little);
    const fractionBits = 15 - exponentBits;
    const [sign, exponent, fraction] = [bits >> 15, (bits >> fractionBits) & (2 ** exponentBits - 1), bits % 2 ** fractionBits];
    const bias = 2 ** (exponentBits - 1) - 1;
    const size =
      exponent === 2 ** exponentBits - 1
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (fraction / 2 ** fractionBits + Number(exponent > 0)) * 2 ** (Math.max(exponent, 1) - bias);
    return sign ? -size : size;
  };
const kinds: Readonly<Record<string, readonly [width: number, dtype: string, read: Read]>> = {
  F64: [8, 'float64', (view, at, little) => view.getFloat64(at, little)],
  F32: [4, 'float32', (view, at, little) => view.getFloat32(at, little)],
  F16: [2, 'float32', half(5)],
  BF16: [2, 'float32', half(8)],
  I64: [8, 'int32', (view, at, little) => view.getBigInt64(at, little)],
  U64: [8, 'int32', (view, at, little) => view.getBigUint64(at, little)],
  I32: [4, 'int32', (view, at, little) => view.getInt32(at, little)],
  U32: [4, 'int32', (view, at, little) => view.getUint32(at, little)],
  I16: [2, 'int32', (view, at, little) => view.getInt16(at, little)],
  U16: [2, 'int32', (view, at, little) => view.getUint16(at, little)],
  I8: [1, 'int32', (view, at) => view.getInt8(at)],
  U8: [1, 'int32', (view, at) => view.getUint8(at)],
  BOOL: [1, 'bool', (view, at) => Number(view.getUint8(at) > 0)],
};

function readValues(kind: string, shape: readonly number[], bytes: Uint8Array, little: boolean): PlainTensor {
  check(Object.hasOwn(kinds, kind));
  const [width, dtype, read] = kinds[kind]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  check(count * width === bytes.length);
  const values = Array.from({ length: count }, (_, i) => read(view, i * width, little));
  if (dtype !== 'int32') return { dtype, shape, values };
  check(values.every((value) => value >= -(2 ** 31) && value < 2 ** 31));
  return { dtype, shape, values: values.map(Number) };
}

/** A literal with every name it has, as often as it has it. */
type Literal = string | number | boolean | null | readonly Literal[] | { readonly fields: readonly [string, Literal][] };

const token =
  /\s*(?:("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|'[^'\\]*')|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(\w+)|(.))/suy;

/** Reads JSON, or, with other words and brackets, the literals of Python. */
class Literals {
  private at = 0;
  constructor(
    private readonly text: string,
    private readonly python: boolean,
  ) {}

  whole(): Literal {
    const value = this.value(0);
    check((this.python ? /^\s*$/ : /^[ \t\r\n]*$/).test(this.text.slice(this.at)));
    return value;
  }

  private next(): {
    quoted?: string | undefined;
    number?: string | undefined;
    word?: string | undefined;
    sign?: string | undefined;
  } {
    token.lastIndex = this.at;
    const found = token.exec(this.text);
    check(found !== null);
    check(this.python || /^[ \t\r\n]*\S/.test(found[0]));
    this.at = token.lastIndex;
    return { quoted: found[1], number: found[2], word: found[3], sign: found[4] };
  }

  private peek(): string | undefined {
    const { at } = this;
    const seen = valid(() => this.next());
    this.at = at;
    return seen?.sign;
  }

  private value(depth: number): Literal {
    check(depth < 100);
    const { quoted, number, word, sign } = this.next();
    if (quoted !== undefined) {
      check(this.python || quoted[0] === '"');
      return quoted[0] === '"' ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
    }
    if (number !== undefined) {
      check(!this.python || /^\d+$/.test(number));
      return Number(number);
    }
    const words: Record<string, Literal> = this.python ? { True: true, False: false } : { true: true, false: false, null: null };
    if (word !== undefined) {
      check(Object.hasOwn(words, word));
      return words[word]!;
    }
    if (sign === '{') {
      const fields: [string, Literal][] = [];
      this.items('}', () => {
        const name = this.value(99);
        check(typeof name === 'string' && this.next().sign === ':');
        fields.push([name, this.value(depth + 1)]);
      });
      return { fields };
    }
    check(sign === (this.python ? '(' : '['));
    const list: Literal[] = [];
    const tuple = this.items(this.python ? ')' : ']', () => list.push(this.value(depth + 1)));
    check(!this.python || list.length !== 1 || tuple);
    return list;
  }

  /** @returns whether a comma came last. */
  private items(end: string, item: () => void): boolean {
    let comma = false;
    for (let first = true; this.peek() !== end; first = false) {
      if (!first) {
        check(this.next().sign === ',');
        comma = this.python && this.peek() === end;
        if (comma) break;
      }
      item();
    }
    this.next();
    return comma;
  }
}

function fieldsOf(literal: Literal): Map<string, Literal> {
  check(typeof literal === 'object' && literal !== null && 'fields' in literal);
  const fields = new Map(literal.fields);
  check(fields.size === literal.fields.length);
  return fields;
}

function sizesOf(literal: Literal | undefined): readonly number[] {
  check(Array.isArray(literal));
  for (const size of literal) check(Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0));
  const sizes = literal as readonly number[];
  let product = 1;
  for (const size of sizes) check((product *= size) <= Number.MAX_SAFE_INTEGER);
  return sizes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Flaw();
  }
}

/** The tensors of a safetensors file by name; undefined if it is none. */
export function plainSafetensors(file: Uint8Array): Map<string, PlainTensor> | undefined {
  return valid(() => {
    check(file.length >= 8);
    const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
    check(length <= BigInt(file.length - 8) && length <= 100_000_000n);
    const data = file.subarray(8 + Number(length));
    const text = decode(file.subarray(8, 8 + Number(length)));
    check(text[0] === '{');
    const header = fieldsOf(new Literals(text, false).whole());
    const metadata = header.get('__metadata__');
    if (metadata !== undefined) for (const value of fieldsOf(metadata).values()) check(typeof value === 'string');
    header.delete('__metadata__');
    const used: (readonly number[])[] = [];
    const tensors = [...header].map(([name, literal]): [string, PlainTensor] => {
      const entry = fieldsOf(literal);
      const [dtype, shape, offsets] = [entry.get('dtype'), sizesOf(entry.get('shape')), entry.get('data_offsets')];
      check(entry.size === 3 && typeof dtype === 'string' && Array.isArray(offsets) && offsets.length === 2);
      for (const offset of offsets) check(Number.isSafeInteger(offset) && offset >= 0);
      const [begin, end] = offsets as [number, number];
      check(begin <= end && end <= data.length);
      used.push([begin, end]);
      const bytes = data.subarray(begin, end);
      if (dtype !== 'I64' || shape.length > 0) return [name, readValues(dtype, shape, bytes, true)];
      check(bytes.length === 8);
      return [name, { dtype: 'int64', shape, values: [new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)] }];
    });
    used.sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
    check([...used.flat(), data.length].every((place, i, all) => (i % 2 === 1 ? true : place === (i === 0 ? 0 : all[i - 1]))));
    return new Map(tensors);
  });
}

const codes = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  u8: 'U64',
  i4: 'I32',
  u4: 'U32',
  i2: 'I16',
  u2: 'U16',
  i1: 'I8',
  u1: 'U8',
  b1: 'BOOL',
};

/** The array of an NPY file; undefined if it is none. */
export function plainNpy(file: Uint8Array): PlainTensor | undefined {
  return valid(() => {
    check(file.length >= 12 && String.fromCharCode(...file.subarray(0, 6)) === '\x93NUMPY');
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const version = file[6]!;
    check(version >= 1 && version <= 3);
    const [begin, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
    check(begin + length <= file.length && length <= 10_000);
    const text = new TextDecoder().decode(file.subarray(begin, begin + length));
    const header = fieldsOf(new Literals(text.replace(/(\d)L\b/g, '$1'), true).whole());
    check(header.size === 3);
    const [description, fortran, shape] = [header.get('descr'), header.get('fortran_order'), sizesOf(header.get('shape'))];
    check(typeof description === 'string' && typeof fortran === 'boolean');
    const [, order, code = ''] = /^([<>|=]?)(\w\w)$/.exec(description) ?? [];
    check(Object.hasOwn(codes, code));
    const { dtype, values } = readValues(codes[code as keyof typeof codes], shape, file.subarray(begin + length), order !== '>');
    if (!fortran) return { dtype, shape, values };
    // The element at (i, j, ..) is number i + shape[0] (j + shape[1] ..) of the file.
    const strides = shape.map((_, dim) => shape.slice(0, dim).reduce((product, size) => product * size, 1));
    const places = shape.reduce<number[]>(
      (all, size, dim) => all.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * strides[dim]!)),
      [0],
    );
    return { dtype, shape, values: places.map((place) => values[place]!) };
  });
}
