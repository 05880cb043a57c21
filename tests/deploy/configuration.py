"""Examples of infra/terraform, applied as a user does, with the AWS provider of this machine's local
mirror. Where no mirror has one, nothing is applied.
"""

import json
import subprocess
import sys

from aws import REGION, ROOT, TOOLS
from deployment import Failed

sys.path.append(str(ROOT / "tools"))
import terraform_provider  # noqa: E402

# What MiniStack does not store or answer, so that a second plan sets it again.
NOT_STORED = {"aws_cloudwatch_metric_alarm", "aws_rds_cluster"}


class Configuration:
    """One example, in a copy, with its variables. Of an example that needs more than the stand-in
    knows, `targets` are the parts that are applied."""

    def __init__(self, account, example, variables, targets=()):
        self.account, self.name = account, example
        self.targets = [f"-target={target}" for target in targets]
        mirror, version = terraform_provider.find()
        copy = account.work / f"terraform-{example}"
        terraform_provider.copy(copy, version)
        self.folder = copy / "examples" / example
        given = {"region": REGION, "package_file": str(account.project.packed["."]), **variables}
        self.variables = [f"-var={name}={value}" for name, value in given.items()]
        self.run("init", "-input=false", f"-plugin-dir={mirror}")

    def run(self, verb, *arguments):
        """Runs one command of Terraform's; returns its output."""
        command = [TOOLS / "terraform" / "bin" / "python", ROOT / "tools" / "terraform_cli.py",
                   self.folder, verb, *arguments]
        keys = {"AWS_ACCESS_KEY_ID": self.account.number, "AWS_SECRET_ACCESS_KEY": "test"}
        settings = {"TF_CLI_ARGS": "-no-color", "CHECKPOINT_DISABLE": "true"}
        done = subprocess.run(command, env={**self.account.environment, **keys, **settings},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"terraform {verb} in {self.name}\n{done.stdout[-2000:]}{done.stderr}")
        return done.stdout

    def with_values(self, verb, *arguments):
        """Runs a command that takes the variables."""
        return self.run(verb, "-input=false", *arguments, *self.variables)

    def apply(self):
        """Creates it."""
        self.with_values("apply", "-auto-approve", *self.targets)

    def plan_again(self):
        """Plans once more, and fails if that would create, replace or delete anything, or change
        what the stand-in has stored."""
        file = self.folder / "second.plan"
        self.with_values("plan", f"-out={file}", *self.targets)
        changes = json.loads(self.run("show", "-json", str(file)))["resource_changes"]
        wrong = [f"{it['address']}: {it['change']['actions']}" for it in changes
                 if it["change"]["actions"] not in (["no-op"], ["read"])
                 and (it["type"] not in NOT_STORED or it["change"]["actions"] != ["update"])]
        if wrong:
            raise Failed("\n".join(["a second plan changes", *wrong]))

    def outputs(self):
        """Its outputs."""
        found = json.loads(self.run("output", "-json"))
        return {name: it["value"] for name, it in found.items()}

    def invoke(self, command):
        """Invokes a probe by the command that an output has; returns the report."""
        self.account.type(command.split(" && ")[0])
        return json.loads((self.account.project.folder / "report.json").read_text())

    def destroy(self):
        """Deletes it."""
        self.with_values("destroy", "-auto-approve")
