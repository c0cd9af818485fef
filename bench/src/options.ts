/** The command line: what may be said, and one line about what may not. */
import { Command, Option } from '@commander-js/extra-typings';
import type { PeerName } from './subject.ts';

const peerNames = ['torch', 'tfjs', 'jax-js'] as const satisfies readonly PeerName[];

function createCommand(rowNames: readonly string[]) {
  return new Command('bench')
    .description('Times the library beside PyTorch, tfjs and jax-js, and against what the machine can do.')
    .addOption(new Option('--only <rows...>', 'measure these rows').choices(rowNames))
    .addOption(
      new Option('--peers <names...>', 'beside these libraries').choices([...peerNames, 'none'] as const).default([...peerNames]),
    )
    .option('--scaling', 'instead of the rows: how time and memory of a step grow with batch, width and depth')
    .option('--size', 'instead of the rows: time to import the library, and size of a bundle')
    .option('--full', 'all of it, written to bench/RESULTS.md')
    .option('--quick', 'fewer and shorter rounds: to see whether it runs')
    .option('--check', 'compare with the targets; exit code 1 if one is missed')
    .option('--json <file>', 'write all measurements there')
    .option('--html <file>', 'write a page with charts there')
    .option('--markdown <file>', 'write the tables there')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(`${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`) });
}

export interface Options {
  readonly only?: readonly string[];
  readonly peers: readonly PeerName[];
  /** What to measure. */
  readonly parts: { readonly rows: boolean; readonly scaling: boolean; readonly size: boolean };
  readonly quick: boolean;
  readonly check: boolean;
  readonly json?: string;
  readonly html?: string;
  readonly markdown?: string;
}

/** @throws CommanderError after printing why in one line; or with exit code 0 after printing the help. */
export function parseOptions(args: readonly string[], rowNames: readonly string[], results: string): Options {
  // Some package managers hand on the `--` that separates their options from the script's.
  const given = args[0] === '--' ? args.slice(1) : args;
  const names: readonly string[] = [...rowNames, ...peerNames];
  const apart = given.flatMap((each) => (each.split(',').some((part) => names.includes(part)) ? each.split(',') : [each]));
  const {
    full = false,
    scaling = false,
    size = false,
    quick = false,
    check = false,
    peers,
    ...options
  } = createCommand(rowNames).parse(apart, { from: 'user' }).opts();
  return {
    ...(full && { markdown: results }),
    ...options,
    peers: peers.filter((name) => name !== 'none'),
    parts: { rows: full || !(scaling || size), scaling: full || scaling, size: full || size },
    quick,
    check,
  };
}
