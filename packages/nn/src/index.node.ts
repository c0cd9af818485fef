/** @normgrad/nn/node: files. */
export * from './weights/model-file.node.ts';
export * from './weights/write-file.node.ts';
