"""The project as it is after `sam build`: its templates, and the debug binaries as the functions'
code. Nothing else of a template is changed.
"""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from aws import ROOT

# What a function's CodeUri is, and the program that `sam build` would make of it.
PROGRAMS = {".": "probe", "../db-users": "db-users"}


def pack(programs, folder):
    """Puts the functions' programs, without debug information, into zip files for Lambda; returns
    the files by CodeUri."""
    folder.mkdir()
    packed = {}
    for uri, name in PROGRAMS.items():
        packed[uri] = folder / f"{name}.zip"
        bootstrap = folder / name
        subprocess.run(["strip", "-o", bootstrap, programs / name], check=True)
        with zipfile.ZipFile(packed[uri], "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            file.write(bootstrap, "bootstrap")
        bootstrap.unlink()
    return packed


def templates():
    """The paths of all templates, and of the one that only this test has."""
    found = sorted(path.relative_to(ROOT) for pattern in ("infra/*.yaml", "infra/*/*.yaml")
                   for path in ROOT.glob(pattern))
    return [Path("template.yaml"), Path("tests/deploy/users.yaml"), *found]


class Project:
    """A copy of templates and samconfig.toml in a folder, where `sam deploy` finds a build."""

    def __init__(self, folder, packed):
        self.folder, self.packed = folder, packed
        folder.mkdir()
        shutil.copy(ROOT / "samconfig.toml", folder)
        for path in templates():
            copy = folder / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(self.built(path))

    def built(self, path):
        """The text of a template that names its code and its nested templates by whole paths."""
        def code(found):
            return f"CodeUri: {self.packed[found[1]]}"

        def nested(found):
            return f"TemplateURL: {self.folder / path.parent / found[1]}"

        text = re.sub(r"CodeUri: (\S+)", code, (ROOT / path).read_text())
        return re.sub(r"TemplateURL: (\S+)", nested, text)

    def build(self, path):
        """Puts a template where `sam deploy` takes it from after a `sam build`."""
        build = self.folder / ".aws-sam" / "build"
        build.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.folder / path, build / "template.yaml")
