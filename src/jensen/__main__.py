"""`python -m jensen` is the command `jensen`."""

import sys

from jensen.cli import main

sys.exit(main())
