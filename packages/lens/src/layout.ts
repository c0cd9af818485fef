/** Where the boxes and arrows of a picture go: layers from the leaves down, by dagre. */
import { Graph as Layers, layout } from '@dagrejs/dagre';
import type { Graph } from '@normgrad/autograd';

export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout extends Size {
  /** The centre of each node's box. */
  readonly boxes: readonly (Point & Size)[];
  /** The way of each edge, and the centre of its label. */
  readonly arrows: readonly (Point & Size & { readonly points: readonly Point[] })[];
}

/** Finds places for boxes and labels of these sizes, in the order of the nodes and of the edges. */
export function layOut({ nodes, edges }: Graph, boxes: readonly Size[], labels: readonly Size[]): Layout {
  const layers = new Layers({ multigraph: true });
  layers.setGraph({ nodesep: 24, ranksep: 28, marginx: 8, marginy: 8 });
  for (const node of nodes) layers.setNode(`${node.id}`, { ...boxes[node.id]! });
  edges.forEach((edge, i) => {
    layers.setEdge(`${edge.from}`, `${edge.to}`, { ...labels[i]!, labelpos: 'r' }, `${i}`);
  });
  layout(layers);
  return {
    ...(layers.graph() as Size),
    boxes: nodes.map(({ id }) => layers.node(`${id}`)),
    arrows: edges.map(({ from, to }, i) => layers.edge(`${from}`, `${to}`, `${i}`)),
  };
}
