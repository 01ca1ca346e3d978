"""`python -m matchmaker …`, the way `up` starts its children."""

import sys

from matchmaker.cli import main

sys.exit(main())
