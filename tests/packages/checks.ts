/** For `normgrad-gradcheck`. */
import { randn, type Tensor } from '@normgrad/autograd';

export const square = { fn: (x: Tensor) => x.mul(x), inputs: [randn([3], { dtype: 'float64' })] };
