/** docs/from-pytorch.md says what there is: every function and class that the packages export, and nothing else. */
import { readFileSync } from 'node:fs';
import * as autograd from '@normgrad/autograd';
import * as lens from '@normgrad/lens';
import * as nn from '@normgrad/nn';
import * as nnNode from '@normgrad/nn/node';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/from-pytorch.md', import.meta.url), 'utf8');
const [, contents] = page.split('## What there is');
const named = [...contents!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

it('names what the packages export', () => {
  // The record of an op is named like its function: addOp.
  const exported = [autograd, lens, nn, nnNode].flatMap((names) => Object.keys(names)).filter((name) => !name.endsWith('Op'));
  const inAll = (names: readonly string[]) => [...new Set(names)].sort();
  expect(inAll(named)).toEqual(inAll([...exported, 'defineOp']));
});
