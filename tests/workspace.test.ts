import { expect, test } from 'vitest';

test.each(['autograd', 'gradcheck', 'nn'])('@normgrad/%s loads from its sources', async (name) => {
  expect(await import(`@normgrad/${name}`)).toBeDefined();
});
