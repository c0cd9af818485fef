/** The same cases in every run, so that a red run is the change's doing. FAST_CHECK_SEED=n draws others; a failure prints its seed and path. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });
