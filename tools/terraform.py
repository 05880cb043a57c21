#!/usr/bin/env python3
"""Checks infra/terraform without AWS: format, pages, names, `validate` and `terraform test`.

    .tools/terraform/bin/python tools/terraform.py

Terraform's AWS provider comes only from Terraform's registry, so a stand-in answers with the
provider's schema (infra/terraform/tests/provider.py): names, types and references are checked, what
the provider itself would refuse is not. Where the machine has the real provider in a local mirror, the examples
are given to that too. With TERRAFORM_REGISTRY=true it is fetched, and takes the stand-in's place.
"""

import os
import sys
import tempfile
from pathlib import Path

import terraform_cli
import terraform_names
import terraform_provider
import terraform_tables

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "infra" / "terraform"
sys.path.insert(0, str(FOLDER / "tests"))
import provider  # noqa: E402  (its folder is known only now)


def terraform(folder, *arguments):
    """Runs one command of Terraform's, and ends with what it said if it failed."""
    code, out, err = terraform_cli.run(folder, *arguments)
    name = f"terraform {' '.join(arguments)} in {folder.parent.name}/{folder.name}"
    if code != 0:
        sys.exit(f"{name} failed\n{out}{err}")
    print(f"{name}: {(out.strip().splitlines() or ['nothing to say'])[-1]}", flush=True)


def check(folders, data, *init):
    """Validates and tests modules or examples."""
    for folder in sorted(folders):
        os.environ["TF_DATA_DIR"] = f"{data}/{folder.parent.name}-{folder.name}"
        terraform(folder, "init", "-backend=false", "-input=false", *init)
        terraform(folder, "validate")
        terraform(folder, "test")


def check_with_the_real_provider(data):
    """Gives the examples, and with them all modules, to the provider that the machine has."""
    found = terraform_provider.find()
    if not found:
        print("no local mirror has the AWS provider: its own checks were not made")
        return
    mirror, version = found
    print(f"the AWS provider {version} of {mirror}")
    copy = Path(data, "copy")
    terraform_provider.copy(copy, version)
    check(copy.glob("examples/*"), f"{data}/real", f"-plugin-dir={mirror}")


def main():
    """Runs every check; the first that fails ends it."""
    os.environ.update(TF_CLI_ARGS="-no-color", CHECKPOINT_DISABLE="true")
    os.environ.pop("TF_CLI_CONFIG_FILE", None)
    terraform(FOLDER, "fmt", "-check", "-recursive")
    terraform_tables.main(check=True)
    terraform_names.variables()
    terraform_names.permissions()
    folders = [*FOLDER.glob("modules/*"), *FOLDER.glob("examples/*")]
    with tempfile.TemporaryDirectory() as data:
        if os.environ.get("TERRAFORM_REGISTRY") == "true":
            check(folders, data)
            return
        with provider.serving(data) as stand_in:
            os.environ.update(stand_in)
            check(folders, data)
        for name in stand_in:
            del os.environ[name]
        check_with_the_real_provider(data)


if __name__ == "__main__":
    main()
