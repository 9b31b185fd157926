"""p(x_missing | x_observed) and p(x | condition): weighted draws of a model under evidence."""

from jensen.conditionals.evidence import Evidence
from jensen.conditionals.guide import Guide, train_guide
from jensen.conditionals.particles import Particles, particles

__all__ = ["Evidence", "Guide", "Particles", "particles", "train_guide"]
