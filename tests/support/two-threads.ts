/** Tests run on two threads, which share whatever can be shared however small it is. */
import { setThreads } from '@normgrad/autograd';
import { setLeastPart } from '../../packages/autograd/src/kernels/split.ts';

setThreads(2);
setLeastPart(1);
