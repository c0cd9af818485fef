/** The report of a run: what was seen, in words, figures and curves. */
import { type Chart, thin } from '../report/chart.ts';
import type { Report, Table } from '../report/page.node.ts';
import { classCount } from './dataset.ts';
import { percent } from './format.ts';
import { norms } from './norms.ts';
import { type Epoch, epochsOf, interval, lastEpoch, type Run } from './run.ts';
import { sgdMomentum } from './settings.ts';
import type { Score } from './train.ts';

/** The loss of giving every class the same probability. */
const guessing = Math.log(classCount);

export function reportOf(run: Run, command: string): Report {
  const { settings, steps, seconds, trainCount, evaluationCount } = run;
  const epochs = epochsOf(run);
  const { train, evaluation } = lastEpoch(run);
  const [low, high] = interval(evaluation.accuracy, evaluationCount);
  return {
    title: `Handwritten digits with ${norms[settings.norm].title}`,
    paragraphs: [
      `A network of 64–64–64–10 units learned ${trainCount} digits of 8 × 8 pixels, and was asked after every epoch, in evaluation mode, to name them and ${evaluationCount} others. ` +
        `The statistics of its hidden layers: ${norms[settings.norm].about}.`,
      seen(run, epochs),
    ],
    figures: [
      {
        label: 'Accuracy on eval',
        value: percent(evaluation.accuracy),
        note: `95 % interval ${percent(low)} to ${percent(high)}`,
      },
      { label: 'Accuracy on train', value: percent(train.accuracy), note: 'the digits learned from' },
      {
        label: 'Loss on eval',
        value: evaluation.loss.toFixed(3),
        note: `nats; guessing: ${guessing.toFixed(3)}`,
      },
      {
        label: 'Training time',
        value: `${seconds.toFixed(2)} s`,
        note: `${steps.length} steps, evaluation included`,
      },
    ],
    charts: [lossChart(run, epochs), accuracyChart(epochs)],
    tables: [settingsTable(run), epochTable(epochs)],
    command,
    footnote:
      'Digits: Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, ' +
      'doi.org/10.24432/C50P49, CC BY 4.0; the test part, shuffled by the seed.',
  };
}

/** What the numbers of this run say, and no more. */
function seen({ steps, trainCount, evaluationCount }: Run, epochs: readonly Epoch[]): string {
  const last = epochs.at(-1)!;
  const broken = steps.find(({ loss }) => !Number.isFinite(loss));
  const hint = 'A smaller learning rate may help.';
  if (broken) return `Training failed: the loss of step ${broken.step} is ${broken.loss}. ${hint}`;
  if (!(last.train.loss < guessing)) {
    return `Training failed: the loss on the training digits is ${last.train.loss.toFixed(3)}, and guessing costs no more than ${guessing.toFixed(3)}. ${hint}`;
  }

  const wrong = (score: Score, count: number): string => `${Math.round((1 - score.accuracy) * count)} of the ${count} digits`;
  const lowest = epochs.reduce((best, epoch) => (epoch.evaluation.loss < best.evaluation.loss ? epoch : best));
  const errors = `In the end it gets ${wrong(last.evaluation, evaluationCount)} wrong that it never learned from, and ${wrong(last.train, trainCount)} that it did.`;
  if (epochs.length === 1) return errors;
  return lowest === last
    ? `${errors} The loss on the evaluation digits was still falling: more epochs may help.`
    : `${errors} The loss on the evaluation digits was lowest (${lowest.evaluation.loss.toFixed(3)}) after epoch ${lowest.epoch} of ${last.epoch}.`;
}

function lossChart({ steps }: Run, epochs: readonly Epoch[]): Chart {
  const batches = thin(
    steps.map(({ loss }) => loss),
    1000,
  );
  const ends = epochs.map(({ step }) => step);
  return {
    title: 'Loss',
    x: { label: 'step' },
    y: { label: 'cross-entropy in nats, logarithmic', scale: 'logarithmic' },
    series: [
      {
        name: batches.of === 1 ? 'one batch' : `mean of ${batches.of} batches`,
        x: batches.x,
        y: batches.y,
        color: 'first',
        kind: 'background',
      },
      { name: 'train', x: ends, y: epochs.map(({ train }) => train.loss), color: 'first', kind: 'line' },
      { name: 'eval', x: ends, y: epochs.map(({ evaluation }) => evaluation.loss), color: 'second', kind: 'line' },
    ],
  };
}

function accuracyChart(epochs: readonly Epoch[]): Chart {
  const x = epochs.map(({ epoch }) => epoch);
  return {
    title: 'Accuracy',
    x: { label: 'epoch' },
    y: { label: 'digits named right in %', most: 100 },
    series: [
      { name: 'train', x, y: epochs.map(({ train }) => 100 * train.accuracy), color: 'first', kind: 'line' },
      { name: 'eval', x, y: epochs.map(({ evaluation }) => 100 * evaluation.accuracy), color: 'second', kind: 'line' },
    ],
  };
}

function settingsTable({ settings }: Run): Table {
  const { norm, batchSize, epochs, lr, seed } = settings;
  return {
    title: 'Settings',
    columns: ['setting', 'value'],
    rows: [
      ['norm', norms[norm].title],
      ['batch size', `${batchSize}`],
      ['epochs', `${epochs}`],
      ['learning rate', `${lr}`],
      ['SGD momentum', `${sgdMomentum}`],
      ['seed', `${seed}`],
    ],
  };
}

function epochTable(epochs: readonly Epoch[]): Table {
  return {
    title: 'Every epoch',
    folded: true,
    columns: ['epoch', 'loss, train', 'loss, eval', 'accuracy, train', 'accuracy, eval'],
    rows: epochs.map(({ epoch, train, evaluation }) => [
      `${epoch}`,
      train.loss.toFixed(4),
      evaluation.loss.toFixed(4),
      percent(train.accuracy),
      percent(evaluation.accuracy),
    ]),
  };
}
