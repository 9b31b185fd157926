"""p(x_missing | x_observed) and p(x | condition): weighted draws of a model under evidence."""

from jensen.conditionals.cells import Surprise, surprise
from jensen.conditionals.chains import has_chain
from jensen.conditionals.evidence import Evidence, ValueEvidence
from jensen.conditionals.guide import Guide, train_guide
from jensen.conditionals.particles import Particles, chosen, particles
from jensen.conditionals.quick import quick_jit
from jensen.conditionals.walk import Walked, effective, walk, walk_on

__all__ = [
    "Evidence",
    "Guide",
    "Particles",
    "Surprise",
    "ValueEvidence",
    "Walked",
    "chosen",
    "effective",
    "has_chain",
    "particles",
    "quick_jit",
    "surprise",
    "train_guide",
    "walk",
    "walk_on",
]
