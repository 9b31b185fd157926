"""p(x_missing | x_observed) and p(x | condition): weighted draws of a model under evidence."""

from jensen.conditionals.cells import Surprise, surprise
from jensen.conditionals.evidence import Evidence
from jensen.conditionals.guide import Guide, train_guide
from jensen.conditionals.particles import Particles, chosen, particles

__all__ = ["Evidence", "Guide", "Particles", "Surprise", "chosen", "particles", "surprise", "train_guide"]
