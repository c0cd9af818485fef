/**
 * Errors. Every message follows one grammar: *op: what was given; what it must be; what to do.*
 */

/** The class of every error this library throws on purpose. */
export class NormgradError extends Error {
  override name = 'NormgradError';
}

/** Shapes, dimensions or sizes that do not fit. */
export class ShapeError extends NormgradError {
  override name = 'ShapeError';
}

/** A dtype that an op does not take, or two that differ where they must be one. */
export class DTypeError extends NormgradError {
  override name = 'DTypeError';
}

/** An option or argument outside its legal range. */
export class ArgumentError extends NormgradError {
  override name = 'ArgumentError';
}

/** A derivative that the recorded graph cannot give. */
export class GraphError extends NormgradError {
  override name = 'GraphError';
}

/** A read of values that a finished backward has freed. */
export class FreedError extends NormgradError {
  override name = 'FreedError';
}

/** A heap that is truly full. */
export class MemoryError extends NormgradError {
  override name = 'MemoryError';
}

/** The first NaN or infinity that anomaly mode met. */
export class AnomalyError extends NormgradError {
  override name = 'AnomalyError';
}
