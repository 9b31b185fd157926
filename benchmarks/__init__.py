"""Measures, data sets and the command that compare synthetic tables with real ones."""
