"""Everything jensen raises on purpose, under one root.

    JensenError                 the root: catch this and you catch them all
    ├── InputError              the user's input must change; the command line exits with 2
    │   ├── TableError          a file or a frame of rows: where it fails, what to do
    │   ├── SchemaError         what a column is taken to be does not fit
    │   ├── ModelFileError      a model file that is truncated, altered, newer or foreign
    │   ├── OptionError         an argument or an option out of its range
    │   ├── ConditionError      a condition that cannot be read, or that no row can fulfil
    │   └── OutputError         a result that cannot be written where it should go
    └── FitError                the fit itself cannot go on

Beside it is DrawWarning, a UserWarning: of rows that came out and are to be taken with care.

A message says what must hold, what came instead, where (file, row, column) and what to do.
"""


class JensenError(Exception):
    """The root of all errors that jensen raises on purpose."""


class InputError(JensenError):
    """What was given must change before the command can work."""


class TableError(InputError):
    """A table that cannot be read, or whose rows do not fit what is asked of them."""


class SchemaError(InputError):
    """A schema that does not fit its table, or a schema file that cannot be understood."""


class ModelFileError(InputError):
    """A file that is not a whole, unaltered jensen model of a version this one can read."""


class OptionError(InputError):
    """An argument or a command-line option outside what is allowed."""


class ConditionError(InputError):
    """A condition on columns that cannot be understood, or that no row can fulfil."""


class OutputError(InputError):
    """A result that cannot be written to the place it was meant for."""


class DrawWarning(UserWarning):
    """Rows or fills that too few draws, or the model alone, stand behind; or none at all."""


class FitError(JensenError):
    """A fit that cannot go on; the message says what was kept."""
