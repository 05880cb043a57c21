"""Finds the real AWS provider in a local mirror of this machine, and copies the modules for it."""

import os
import re
import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "infra" / "terraform"
# https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
MIRRORS = ["~/.terraform.d/plugins", "~/.local/share/terraform/plugins",
           "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/tf-plugins"]
AWS = "registry.terraform.io/hashicorp/aws"
# What the module `proxy` needs, and what older versions don't know of its proxy: end-to-end IAM and
# IPv6. Without these two arguments they take everything else.
NEWEST_NEEDED = (6, 28)
UNKNOWN_BEFORE = re.compile(r"^  (default_auth_scheme|endpoint_network_type) += .*\n", re.M)


def numbers(version):
    """A version, to be compared."""
    return tuple(map(int, version.split(".")))


def find():
    """The folder of a mirror that has the provider, and the newest version in it; or None."""
    places = [os.environ.get("TERRAFORM_MIRROR", ""), *MIRRORS]
    for place in (Path(place).expanduser() for place in places if place):
        versions = [it.name for it in place.glob(f"{AWS}/*") if re.fullmatch(r"[\d.]+", it.name)]
        if versions:
            return place, max(versions, key=numbers)
    return None


def copy(folder, version):
    """Copies modules and examples into the folder, as this version of the provider takes them."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".terraform*"))
    if numbers(version) >= NEWEST_NEEDED:
        return
    least = ">= " + ".".join(map(str, NEWEST_NEEDED))
    for file in folder.rglob("versions.tf"):
        file.write_text(file.read_text().replace(least, f">= {version}"))
    proxy = folder / "modules" / "proxy" / "main.tf"
    proxy.write_text(UNKNOWN_BEFORE.sub("", proxy.read_text()))
