"""jensen and other synthesizers of tables, on the same splits, in the same run."""
