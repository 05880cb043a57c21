"""Starts MiniStack with the resource types that its CloudFormation lacks, and with functions that
reach the emulator and a PostgreSQL where they would reach a proxy on AWS.

tests/deploy/aws.py starts it (`python tests/deploy/stand_in`) in a network namespace, with the
variables of settings.py. Each module adds to one service. What MiniStack does itself is left to it:
that is the part that no one here wrote.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "tools"))

# Each of these changes MiniStack as it is imported.
import engine  # noqa: E402, F401
import functions  # noqa: E402, F401
import identity  # noqa: E402, F401
import network  # noqa: E402, F401
import others  # noqa: E402, F401
import proxies  # noqa: E402, F401
from hypercorn.config import Config  # noqa: E402
from ministack.app import main  # noqa: E402

# Stop at once; no client needs its answer.
Config.graceful_timeout = Config.shutdown_timeout = 0

if __name__ == "__main__":
    sys.argv = ["ministack"]
    main()
