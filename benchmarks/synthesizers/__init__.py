"""One small program for each library that jensen is measured beside: see ``frame``.

Each runs in an environment of its own, where of this repository nothing but this folder and of the
library's needs pandas and NumPy can be imported.
"""
