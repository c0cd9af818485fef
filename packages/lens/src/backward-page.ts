/** A page that goes through a graph step by step: forward to the results, and the gradients back to the leaves. */
import { ArgumentError, type DataArray, type Graph, type GraphEdge, type GraphNode, type GraphOutput } from '@normgrad/autograd';
import { requireGraph, requireOptions, settingsOf } from '@normgrad/autograd/internals';
import { derivatives } from './derivatives.ts';
import { picture } from './draw-graph.ts';
import { each, escaped } from './markup.ts';
import { pageStyle } from './page-style.ts';
import { stepThrough } from './step-through.ts';
import { type Step, schedule } from './steps.ts';
import { heading, valueTable } from './values.ts';

export interface BackwardPageOptions {
  /** @defaultValue `'Backward, step by step'` */
  readonly title?: string;
}

/** A tensor by its name, and what is known of it. */
const figure = (name: string, { shape, dtype }: GraphOutput, values: DataArray | undefined): string =>
  `<figure><figcaption>${heading(name, shape)}</figcaption>${values ? valueTable(values, shape, dtype) : '<p>not kept</p>'}</figure>`;

class Page {
  constructor(private readonly graph: Graph) {}

  private nameOf({ from, output }: GraphEdge): string {
    const node = this.graph.nodes[from]!;
    return node.kind === 'op' ? `${node.outputs[output]!.name} of ${node.name}` : node.name || node.kind;
  }

  private tensor({ from, output }: GraphEdge): GraphOutput {
    return this.graph.nodes[from]!.outputs[output]!;
  }

  start(): string {
    const ends = this.graph.nodes.filter(({ kind }) => kind !== 'op');
    return `<h2>What there is at first</h2>
<p>Values are blue in the picture, gradients of the result (∂) orange. ▶ or the arrow keys go on.</p>
${each(ends, ({ name, kind, outputs }) => figure(name || kind, outputs[0]!, outputs[0]!.values))}`;
  }

  forward(node: GraphNode): string {
    const { id, name, outputs, line } = node;
    const inputs = this.graph.edges.filter(({ to }) => to === id);
    return `<h2>${escaped(name)}, forward</h2>
${each([...settingsOf(node), ...(line === null ? [] : [line])], (text) => `<p>${escaped(text)}</p>`)}
<h3>takes</h3>${each(inputs, (edge) => figure(`${edge.input} = ${this.nameOf(edge)}`, this.tensor(edge), this.tensor(edge).values))}
<h3>gives</h3>${each(outputs, (output) => figure(output.hidden ? `${output.name}, for backward` : output.name, output, output.values))}`;
  }

  backward({ id, name, outputs }: GraphNode): string {
    const { edges, results, nodes } = this.graph;
    const arriving = outputs.map((output, i) => {
      if (!output.gradient) return '';
      const parts = edges.filter(({ from, output: at, gradient }) => from === id && at === i && gradient);
      const isResult = results.some((result) => result.node === id && result.output === i);
      const sources = [
        ...(isResult ? ['1, where backward begins'] : []),
        ...parts.map(({ to, input }) => `d${input} of ${nodes[to]!.name}`),
      ];
      return `${figure(`d${output.name}`, output, output.gradient)}<p>= ${escaped(sources.join(' + ') || '0, unused')}</p>`;
    });
    const leaving = edges.filter(({ to, gradient }) => to === id && gradient);
    const formula = derivatives[name];
    return `<h2>${escaped(name)}, backward</h2>${formula ? `<p class="formula">${escaped(formula)}</p>` : ''}
<h3>arrives</h3>${arriving.join('')}
<h3>goes on</h3>${each(leaving, (edge) => figure(`d${edge.input}, to ${this.nameOf(edge)}`, this.tensor(edge), edge.gradient))}`;
  }

  step({ pass, node }: Step): string {
    return pass === 'forward' ? this.forward(node) : this.backward(node);
  }
}

/**
 * A page, as the text of an HTML file that needs nothing else, that goes through a graph step by step: each op forward with its values,
 * then each backward with the gradient that arrives, the formula of its derivative, and what goes on to each of its inputs.
 *
 * @param graph - Of `graphOf` with `values: true, gradients: true`; small, as for a blackboard.
 * @throws ArgumentError if it is no graph, or has no gradients.
 */
export function backwardPage(graph: Graph, options: BackwardPageOptions = {}): string {
  const { title = 'Backward, step by step' } = requireOptions('backwardPage', options, 'title');
  const page = new Page(requireGraph('backwardPage', graph));
  if (!graph.edges.some(({ gradient }) => gradient)) {
    throw new ArgumentError(
      'backwardPage: the graph has no gradients; it must have some; ask for them: graphOf(y, { values: true, gradients: true }).',
    );
  }
  const { steps, times } = schedule(graph);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
<nav><button type="button" aria-label="one step back">◀</button><input type="range" min="0" max="${steps.length}" value="0" aria-label="step"><button type="button" aria-label="one step on">▶</button><output></output></nav>
</header>
<main>
<div class="picture">${picture(graph, times)}</div>
<div class="steps" aria-live="polite">
<section>${page.start()}</section>
${each(
  steps,
  (step) => `<section data-pass="${step.pass}" data-node="${step.node.id}" hidden>${page.step(step)}</section>
`,
)}</div>
</main>
<script>(${stepThrough.toString()})();</script>
</body>
</html>
`;
}
