"""Starts MiniStack with the resource types that its CloudFormation lacks, and with functions that
reach the emulator and a PostgreSQL where they would reach a proxy on AWS.

tests/deploy/aws.py starts it (`python tests/deploy/stand_in`) in a network namespace, with the
variables of settings.py. Each module adds to one service. What MiniStack does itself is left to it:
that is the part that no one here wrote.
"""

import sys

# Each of these changes MiniStack as it is imported.
import engine  # noqa: F401
import functions  # noqa: F401
import identity  # noqa: F401
import network  # noqa: F401
import others  # noqa: F401
import proxies  # noqa: F401
from hypercorn.config import Config
from ministack.app import main

# Stop at once; no client needs its answer.
Config.graceful_timeout = Config.shutdown_timeout = 0

if __name__ == "__main__":
    sys.argv = ["ministack"]
    main()
