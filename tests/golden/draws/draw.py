"""Random shapes, tensors and settings."""
import math
import random

import torch


class Draw(random.Random):
    def yes(self, chance=0.5):
        return self.random() < chance

    def some(self, **options):
        """Each option, or its default."""
        return {name: value for name, value in options.items() if self.yes(0.75)}

    def shape(self, low=0, high=5, zero=True):
        rank = self.randint(low, self.choice([high, min(high, low + 2)]))
        sizes = self.choices([1, 2, 3, 4], [2, 2, 2, 1], k=rank)
        while math.prod(sizes) > 48:
            sizes[self.randrange(rank)] = 1
        if zero and sizes and self.yes(0.06):
            sizes[self.randrange(rank)] = 0
        elif sizes and self.yes(0.1):
            sizes[self.randrange(rank)] = self.choice([7, 9, 17])
        return sizes

    def size(self, high):
        """From 1 up; seldom more than `high`, as wide as kernels are."""
        return self.choice([9, 17]) if self.yes(0.05) else self.randint(1, high)

    def broadcast(self, shape):
        """A shape that is broadcast to `shape`."""
        return [1 if self.yes(0.25) else size for size in shape[self.choice([0, 0, self.randint(0, len(shape))]):]]

    def dim(self, rank):
        return self.randrange(-rank, rank)

    def dims(self, rank):
        """None for all, one, or several."""
        if rank == 0:
            return None
        several = [dim - rank * self.yes(0.3) for dim in self.sample(range(rank), self.randint(1, rank))]
        return self.choice([None, self.dim(rank), several])

    def pair(self, low, high):
        """A number or two, for height and width."""
        return [self.randint(low, high), self.randint(low, high)] if self.yes(0.4) else self.randint(low, high)

    def _tensor(self, shape, number):
        return torch.tensor([number() for _ in range(math.prod(shape))]).reshape(shape)

    def normal(self, *shape):
        return self._tensor(shape, lambda: round(self.gauss(0, 1.3), 3)).double()

    def between(self, low, high, *shape):
        return self._tensor(shape, lambda: round(self.uniform(low, high), 3)).double()

    def integers(self, low, high, *shape):
        return self._tensor(shape, lambda: self.randint(low, high)).long()

    def bools(self, *shape):
        return self._tensor(shape, self.yes).bool()

    def apart(self, *shape):
        """No two alike, none near 0: maxima and kinks are not in doubt."""
        n = math.prod(shape)
        order = iter(self.sample(range(n), n))
        return self._tensor(shape, lambda: round(0.17 * (next(order) - n // 2) + 0.05, 3)).double()
