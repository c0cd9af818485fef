/** The same as src/trainers/normgrad.ts. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

const model = tf.sequential({
  layers: [
    tf.layers.dense({ inputShape: [64], units: 64 }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
    tf.layers.dense({ units: 10 }),
  ],
});
const optimizer = tf.train.momentum(0.1, 0.9);

/** One step on images [N, 64] of digits. */
export async function step(images, digits) {
  await tf.setBackend('wasm');
  return tf.tidy(() => {
    const labels = tf.oneHot(tf.tensor1d(digits, 'int32'), 10);
    const x = tf.tensor2d(images, [digits.length, 64]);
    return optimizer
      .minimize(() => tf.losses.softmaxCrossEntropy(labels, model.apply(x, { training: true })), true)
      .dataSync()[0];
  });
}
