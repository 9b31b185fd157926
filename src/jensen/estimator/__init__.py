"""VAE: samples in, samples out."""

from jensen.estimator.checking import check
from jensen.estimator.fitted import Fitted, HeldOut
from jensen.estimator.gap import Gap
from jensen.estimator.loading import load
from jensen.estimator.more import more
from jensen.estimator.vae import VAE

__all__ = ["VAE", "Fitted", "Gap", "HeldOut", "check", "load", "more"]
