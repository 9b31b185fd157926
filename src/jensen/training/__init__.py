"""Maximise the mean bound."""

from jensen.training.config import TrainingConfig
from jensen.training.history import Check, Event, History, Progress
from jensen.training.loop import Rows, fit_model

__all__ = ["Check", "Event", "History", "Progress", "Rows", "TrainingConfig", "fit_model"]
