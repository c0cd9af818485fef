/** @normgrad/nn/node: files. */
export * from './data/csv.node.ts';
export * from './export/save-torch.node.ts';
export * from './training/checkpoint-file.node.ts';
export * from './training/progress-bar.node.ts';
export * from './training/run-log.node.ts';
export * from './weights/model-file.node.ts';
export * from './weights/open-weights.node.ts';
export { writeFile } from './weights/write-file.node.ts';
