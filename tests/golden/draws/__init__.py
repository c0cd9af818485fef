"""One table: for each op of the format, what draws its cases."""
from . import elements, layers, norms, sequences, shapes, training
from .draw import Draw
from .norms import standardized
from .refusals import REFUSALS

FUNCTIONS = {**elements.DRAWS, **shapes.DRAWS, **layers.DRAWS, **norms.DRAWS, **sequences.DRAWS}
PROCEDURES = training.DRAWS
