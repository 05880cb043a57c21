#!/usr/bin/env python3
"""Deploys the templates as a user does, with SAM and the AWS CLI, to MiniStack, a stand-in for AWS
that no one here wrote (stand_in/ has the additions), and invokes the functions' debug binaries
there, through the emulator. Prints a line per step and the counts at the end.

    tests/deploy/run.py                 everything
    tests/deploy/run.py NAME...         these scenarios
    tests/deploy/run.py --record        the demo, and writes docs/pictures/deployment.txt of it

What it cannot tell, the template tests do: AWS's own checks of properties and names, most of all.
"""

import concurrent.futures
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
import own_network  # noqa: E402
from local import build, install  # noqa: E402

import aws  # noqa: E402
import project  # noqa: E402
import scenarios  # noqa: E402
import terraform_provider  # noqa: E402
import terraform_scenarios  # noqa: E402
from deployment import Account  # noqa: E402
from steps import Scenario  # noqa: E402
from transcript import Transcript  # noqa: E402

# By name: the steps, and in how many accounts they take place. The longest come first.
SCENARIOS = {
    "each choice": (scenarios.each_choice, 1),
    "across accounts, by an endpoint": (scenarios.across_accounts_by_an_endpoint, 2),
    "an existing proxy": (scenarios.existing_proxy, 1),
    "the demo by IAM": (scenarios.demo("IAM_AUTH"), 1),
    "the demo by secrets": (scenarios.demo("SECRETS"), 1),
    "across accounts, by shared subnets": (scenarios.across_accounts_by_shared_subnets, 2),
    "the database alone": (scenarios.database_alone, 1),
    "databases for MySQL": (scenarios.databases_for_mysql, 1),
    "the network alone": (scenarios.network_alone, 1),
}
# These need the AWS provider, which comes only from Terraform's registry or a machine's mirror.
OF_TERRAFORM = {
    "Terraform from nothing": (terraform_scenarios.from_nothing, 1),
}
if terraform_provider.find():
    SCENARIOS |= OF_TERRAFORM
# No two scenarios share an account, so that several can run at once.
AT_ONCE = 2
RECORDED = "the demo by IAM"
RECORD = aws.ROOT / "docs" / "pictures" / "deployment.txt"
FIRST_ACCOUNT = 300000000001


def run(names, work, record=None):
    """Runs scenarios and reports the counts."""
    packed = project.pack(Path(os.environ["BUILT_PROGRAMS"]), work / "packed")
    numbers = iter(range(FIRST_ACCOUNT, FIRST_ACCOUNT + 100))
    # On Ctrl-C the stand-in stops first, so that the pool's threads fail and end.
    with (concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool,
          aws.Aws(Path(os.environ["BUILT_PROGRAMS"]), os.environ["PG_BIN"], work) as stand_in):
        def start(name):
            steps, count = SCENARIOS[name]
            accounts = [Account(stand_in, packed, str(next(numbers))) for _ in range(count)]
            return pool.submit(Scenario(name, accounts, record).run, steps)
        started = list(map(start, names))
        try:
            results = [it for one in started for it in one.result()]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if not terraform_provider.find():
        print(f"not run, since no local mirror has the AWS provider: {', '.join(OF_TERRAFORM)}")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


def main(names):
    """Builds what it needs while there is a network, and then leaves it."""
    os.environ["BUILT_PROGRAMS"] = str(build())
    os.environ["PG_BIN"] = install("postgres")
    if not own_network.enter(aws.NAMES, "nothing is deployed"):
        return 0
    with tempfile.TemporaryDirectory() as work:
        # As root, PostgreSQL runs as another user, who must be able to enter.
        Path(work).chmod(0o755)
        if names != ["--record"]:
            return run(names or SCENARIOS, Path(work))
        record = Transcript()
        failed = run([RECORDED], Path(work), record)
        RECORD.write_text(record.text())
        return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
