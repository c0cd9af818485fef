/**
 * Tables from CSV and TSV text (RFC 4180). The parser at the end is our own: d3-dsv and udsv take misplaced quotes in silence, papaparse a
 * line feed among CRLFs for text; csv-parse knows them, but wants Node's Buffer in browsers.
 */
import { ArgumentError, type FloatType, getDefaultDType, type Tensor, tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';

export interface CsvOptions {
  /** One character. @defaultValue `','` */
  readonly delimiter?: string;
  /** Whether the first line names the columns, or how they are called. Without names they are 0, 1, ... @defaultValue `true` */
  readonly header?: boolean | readonly string[];
  /** What errors call the file. @defaultValue `'the file'` */
  readonly file?: string;
}

export interface NumbersOptions {
  /** @defaultValue `float32`, or what `setDefaultDType` chose. */
  readonly dtype?: FloatType;
  /** What a field means that is empty or NA, as in tables from R. @defaultValue an error */
  readonly missing?: number;
}

interface Row {
  /** The line of the file it begins in, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const listed = (names: readonly string[]): string => names.slice(0, 20).join(', ') + (names.length > 20 ? ', ...' : '');

/** A table of texts, whose columns become tensors. */
export class Table {
  readonly #rows: readonly Row[];
  readonly #where: string;
  readonly #places: ReadonlyMap<string, number>;

  constructor(
    readonly columns: readonly string[],
    rows: readonly Row[],
    where: string,
  ) {
    this.#places = new Map(columns.map((column, i) => [column, i]));
    this.#rows = rows;
    this.#where = where;
  }

  /** The number of rows. */
  get length(): number {
    return this.#rows.length;
  }

  /**
   * Columns as numbers: [rows, columns].
   *
   * @throws ArgumentError naming line and column of the first field that is no number.
   */
  numbers(columns: readonly string[] = this.columns, { missing, ...options }: NumbersOptions = {}): Tensor {
    const places = columns.map((column) => this.#place(column));
    const values = new Float64Array(this.length * columns.length);
    this.#rows.forEach(({ line, fields }, row) => {
      places.forEach((place, i) => {
        const text = fields[place]!.trim();
        const absent = text === '' || text === 'NA';
        const value = absent ? missing : Number(text);
        const given = text === '' ? 'empty' : `'${text}'`;
        if (value === undefined || (!absent && Number.isNaN(value) && text.toLowerCase() !== 'nan')) {
          const cure = absent
            ? 'fill it in, leave the row out, or pass `missing`'
            : 'correct it, or read the column with classes() or strings()';
          throw new ArgumentError(
            `${this.#where}: line ${line}, column ${columns[i]} is ${given}; it must be a number; ${cure}.`,
          );
        }
        values[row * columns.length + i] = value;
      });
    });
    return tensor(values, { shape: [this.length, columns.length], dtype: getDefaultDType(), ...options });
  }

  /** A column as it is written. */
  strings(column: string): string[] {
    const place = this.#place(column);
    return this.#rows.map(({ fields }) => fields[place]!);
  }

  /** A column as labels, [rows] int32: the places of its texts in `names`, by default those that occur, sorted. */
  classes(column: string, names?: readonly string[]): { labels: Tensor; names: readonly string[] } {
    const texts = this.strings(column);
    const classes = names ?? [...new Set(texts)].sort();
    const numbers = new Map(classes.map((name, i) => [name, i]));
    const labels = texts.map((text, row) => {
      const label = numbers.get(text);
      if (label !== undefined) return label;
      throw new ArgumentError(
        `${this.#where}: line ${this.#rows[row]!.line}, column ${column} is '${text}'; it must be one of ${listed(classes)}; correct it, or name it.`,
      );
    });
    return { labels: tensor(Int32Array.from(labels)), names: classes };
  }

  #place(column: string): number {
    const place = this.#places.get(column);
    if (place !== undefined) return place;
    throw new ArgumentError(`${this.#where}: there is no column ${column}; choose from ${listed(this.columns)}.`);
  }
}

/**
 * Reads a table. Fields may be quoted, quotes in them are doubled; empty lines are skipped.
 *
 * @throws ArgumentError naming the line, if rows are not equally long or quotes do not match; or if there are no rows.
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  const { delimiter = ',', header = true, file = 'the file' } = requireOptions('parseCsv', options, 'delimiter, header, file');
  const where = `parseCsv: ${file}`;
  if (!/^[^"\r\n]$/.test(delimiter)) {
    throw new ArgumentError(
      `parseCsv: delimiter ${JSON.stringify(delimiter)} was given; it must be one character, no quote or line feed; ',' is usual.`,
    );
  }
  const rows = [...rowsOf(text.replace(/^\uFEFF/, ''), delimiter, where)];
  const named = header === true ? rows.shift() : undefined;
  const first = named ?? rows[0];
  const columns = typeof header === 'object' ? header : (named?.fields ?? first?.fields.map((_, i) => String(i)) ?? []);
  if (rows.length === 0)
    throw new ArgumentError(
      `${where} has no rows; it must have at least one${named ? ' below the header' : ''}; look at what wrote it.`,
    );
  const names = new Set<string>();
  const twice = columns.find((column) => names.size === names.add(column).size);
  if (twice !== undefined)
    throw new ArgumentError(`${where}: there are two columns ${twice}; names must be unique; pass others as \`header\`.`);
  for (const { line, fields } of rows) {
    if (fields.length === columns.length) continue;
    throw new ArgumentError(
      `${where}: line ${line} has ${fields.length} fields; it must have ${columns.length}: ${listed(columns)}; complete it, or quote fields ` +
        'that contain the delimiter.',
    );
  }
  return new Table(columns, rows, where);
}

function* rowsOf(text: string, delimiter: string, where: string): Generator<Row> {
  const escaped = `\\u${delimiter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const field = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^"${escaped}\\r\\n]*))(${escaped}|\\r\\n?|\\n|$)`, 'y');
  let line = 1;
  let row = { line, fields: [] as string[] };
  for (;;) {
    const match = field.exec(text);
    if (!match) {
      throw new ArgumentError(
        `${where}: line ${line} has a quote out of place; quotes must enclose a whole field, and be doubled in it; correct the line.`,
      );
    }
    const [, quoted, plain = '', end] = match;
    row.fields.push(quoted?.replaceAll('""', '"') ?? plain);
    line += (quoted?.split('\n').length ?? 1) - 1;
    if (end === delimiter) continue;
    if (row.fields.length > 1 || quoted !== undefined || plain.trim() !== '') yield row;
    if (end === '') return;
    line++;
    row = { line, fields: [] };
  }
}
