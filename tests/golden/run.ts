/** Runs a case by our API and lays out what comes of it as its `expect` does. */
import { add, grad, mul, sum, Tensor } from '@normgrad/autograd';
import { functions, procedures } from './adapter/index.ts';
import { ours } from './adapter/table.ts';
import { type GoldenCase, inputsOf, mapValues, toTensor } from './format.ts';

/** The inputs that are differentiated. */
function differentiable({ inputs = {}, expect: { grads, error } }: GoldenCase): string[] {
  if (error?.phase === 'backward') return Object.keys(inputs).filter((name) => !inputs[name]?.dtype);
  return Object.keys(grads ?? {});
}

/** @param createGraph - Whether gradients are made of ops, which can be differentiated again, or by fused kernels. */
export function run(golden: GoldenCase, createGraph = false): object {
  const { op, args = {}, dtype, expect, upstream = {} } = golden;
  const names = differentiable(golden);
  const inputs = inputsOf(golden, op in procedures ? [] : names);
  const given = ours({ ...args, ...inputs }, { keepNull: op === 'weight_norm' }); // whose dim null is the whole tensor
  const procedure = procedures[op];
  if (procedure) return procedure(given, golden);
  const call = functions[op];
  if (!call) throw new Error(`${op}: no adapter knows this op`);

  const result = call(given, inputs);
  const { outputs, parameters = {} } = result instanceof Tensor ? { outputs: { out: result } } : result;
  const found = { outputs, ...(expect.buffers && { buffers: mapValues(expect.buffers, (_, name) => inputs[name]) }) };
  if (names.length === 0) return found;

  const leaves = names.map((name) => parameters[name] ?? inputs[name]!);
  const named = (list: readonly Tensor[]) => Object.fromEntries(names.map((name, i) => [name, list[i]!]));
  const cotangents = mapValues(upstream, (y) => toTensor(y, dtype).requiresGrad_(createGraph));
  const heads = expect.error ? Object.keys(outputs) : Object.keys(cotangents);
  const gradOutputs = heads.map((name) => cotangents[name]);
  const options = { gradOutputs, createGraph, allowUnused: true };
  const grads = named(
    grad(
      heads.map((name) => outputs[name]!),
      leaves,
      options,
    ),
  );
  if (!expect.double || !createGraph) return { ...found, grads, double: expect.double };

  const terms = Object.entries(expect.double.v).map(([name, v]) => sum(mul(grads[name]!, toTensor(v, dtype))));
  const total = terms.reduce((a, b) => add(a, b));
  const second = grad(total, [...leaves, ...Object.values(cotangents)], { allowUnused: true });
  const ofUpstream = Object.fromEntries(heads.map((name, i) => [name, second[leaves.length + i]]));
  return { ...found, grads, double: { v: expect.double.v, grads: named(second), upstream_grads: ofUpstream } };
}
