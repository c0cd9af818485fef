import { expect, test } from 'vitest';

test.each(['autograd', 'gradcheck', 'lens', 'nn'])('@normgrad/%s loads from its sources', async (name) => {
  expect(await import(`@normgrad/${name}`)).toBeDefined();
});
