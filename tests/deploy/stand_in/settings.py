"""The stand-in's settings, from its environment. Imports nothing of MiniStack."""

import os
from pathlib import Path

# Where clusters, certificates and logs are written.
WORK = Path(os.environ["STAND_IN_WORK"])
EMULATOR = os.environ["STAND_IN_EMULATOR"]
# The folder of the resource providers' schemas, as cfn-lint ships them.
SCHEMAS = Path(os.environ["STAND_IN_SCHEMAS"])
# Only this network's: the file is mounted for it.
HOSTS = Path("/etc/hosts")
