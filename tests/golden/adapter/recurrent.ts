import * as ng from '@normgrad/autograd';
import type { Result, Table, X } from './table.ts';

interface Gates extends X {
  /** [N, H] */
  readonly h0: ng.Tensor;
  readonly weightIh: ng.Tensor;
  readonly weightHh: ng.Tensor;
  readonly biasIh?: ng.Tensor;
  readonly biasHh?: ng.Tensor;
}

interface Affine {
  readonly weight?: ng.Tensor | undefined;
  readonly bias?: ng.Tensor | undefined;
}
interface Norms {
  readonly normIh?: Affine;
  readonly normHh?: Affine;
  readonly normC?: Affine;
}

interface Lstm extends Gates {
  readonly c0: ng.Tensor;
}

interface Affines {
  readonly lnIhWeight?: ng.Tensor;
  readonly lnIhBias?: ng.Tensor;
  readonly lnHhWeight?: ng.Tensor;
  readonly lnHhBias?: ng.Tensor;
  readonly lnCWeight?: ng.Tensor;
  readonly lnCBias?: ng.Tensor;
}

const normsOf = (given: Affines): Required<Norms> => ({
  normIh: { weight: given.lnIhWeight, bias: given.lnIhBias },
  normHh: { weight: given.lnHhWeight, bias: given.lnHhBias },
  normC: { weight: given.lnCWeight, bias: given.lnCBias },
});

/** Over x [T, N, I]; out [T, N, H] and the last c [N, H]. */
function lstm(given: Lstm, norms: Norms = {}): Result {
  let [h, c] = [given.h0, given.c0];
  const out = ng.unbind(given.x).map((x) => {
    ({ h, c } = ng.lstmCell(x, h, c, given.weightIh, given.weightHh, { ...given, ...norms }));
    return h;
  });
  return { outputs: { out: ng.stack(out), c } };
}

/** Over x [T, N, I]; out [T, N, H]. */
function gru(given: Gates, norms: Norms = {}): ng.Tensor {
  let h = given.h0;
  const out = ng.unbind(given.x).map((x) => {
    h = ng.gruCell(x, h, given.weightIh, given.weightHh, { ...given, ...norms });
    return h;
  });
  return ng.stack(out);
}

export const recurrent: Table = {
  gru_cell: (given: Gates) => gru(given),
  lstm_cell: (given: Lstm) => lstm(given),
  ln_gru_cell: (given: Gates & Affines) => gru(given, normsOf(given)),
  ln_lstm_cell: (given: Lstm & Affines) => lstm(given, normsOf(given)),
};
