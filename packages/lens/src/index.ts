/** Looking inside: pictures of what was computed, and of how its gradient flows back. */
export { type BackwardPageOptions, backwardPage } from './backward-page.ts';
export { drawGraph } from './draw-graph.ts';
