"""`python -m tweetdesk`."""

import sys

from tweetdesk.cli import main

sys.exit(main())
