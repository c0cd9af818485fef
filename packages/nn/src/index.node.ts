/** @normgrad/nn/node: files. */
export * from './data/csv.node.ts';
export * from './weights/model-file.node.ts';
export * from './weights/write-file.node.ts';
