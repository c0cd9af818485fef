/** Tests run with plain SIMD: what machines without the relaxed instructions, and `setDeterministic`, compute. */
import { setDeterministic } from '@normgrad/autograd';

setDeterministic(true);
