#!/usr/bin/env python3
"""Writes schema.json: what Terraform's AWS provider takes, for the resources of this module.

    infra/terraform/tests/schema.py

The provider itself comes only from Terraform's registry. Its schema is also in the npm package
below, which HashiCorp generated from the provider (MPL-2.0); this script takes the names, types
and required arguments out of it. What the package does not say is not in the result: how often a
block may be repeated, which arguments exclude each other, and whether an optional one is computed.
"""

import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@cdktf/provider-aws@21.22.1"
HERE = Path(__file__).resolve().parent
MODULES = [HERE.parent, HERE.parent / "examples" / "existing-proxy"]
ARGUMENT = re.compile(r'(\w+): \{\s+value: (.*),\s+isBlock: (true|false),\s+type: "(\w+)",'
                      r'\s+storageClassType: "(\w+)",')
COMPUTED = re.compile(r"return (cdktf\.Fn\.tolist\()?this\."
                      r"get(String|Number|Boolean|List|StringMap|NumberList)Attribute\('(\w+)'\)")
TYPES = {"string": "string", "number": "number", "boolean": "bool", "stringList": "string",
         "numberList": "number", "stringMap": "string"}


def camel(name):
    """The spelling of an argument in the package's types."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def block(code, types, body, interface):
    """One block: its arguments with their types, and its nested blocks."""
    required = set(re.findall(r"^    readonly (\w+): ", interface, re.M))
    result = {"attributes": {}, "blocks": {}}
    for name, value, nested, shape, storage in ARGUMENT.findall(body):
        if nested == "true":
            kind = re.search(r"(\w+)ToHclTerraform", value)[1]
            inner = re.search(rf"^function {kind}ToHclTerraform.*?^}}", code, re.M | re.S)[0]
            title = kind[0].upper() + kind[1:]
            shown = re.search(rf"^export interface {title} .*?^}}", types, re.M | re.S)[0]
            result["blocks"][name] = {"mode": shape, **block(code, types, inner, shown)}
        else:
            kind = TYPES[storage]
            result["attributes"][name] = {
                "type": kind if shape == "simple" else [shape, kind],
                "required": camel(name) in required,
            }
    return result


def read(folder):
    """The schema of one resource or data source."""
    code, types = ((folder / f"index{end}").read_text() for end in (".js", ".d.ts"))
    body = re.search(r"synthesizeHclAttributes\(\) \{.*?^    \}", code, re.M | re.S)[0]
    main = re.search(r"^export interface \w+Config extends .*?^}", types, re.M | re.S)[0]
    result = block(code, types, body, main)
    own = code[code.index(" extends cdktf.Terraform"):]
    for is_set, kind, name in COMPUTED.findall(own):
        many = "set" if is_set else "list"
        shape = {"String": "string", "Number": "number", "Boolean": "bool",
                 "List": [many, "string"], "NumberList": [many, "number"],
                 "StringMap": ["map", "string"]}[kind]
        result["attributes"].setdefault(name, {"type": shape, "computed": True})
    return result


def main():
    """Reads the names out of the modules and their schema out of the package."""
    text = "".join(file.read_text() for module in MODULES for file in sorted(module.glob("*.tf")))
    used = sorted(set(re.findall(r'^(resource|data) "aws_(\w+)"', text, re.M)))
    schema = {"package": PACKAGE, "resource": {}, "data": {}}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            package.extractall(folder)
        for kind, name in used:
            prefix = "data-aws-" if kind == "data" else ""
            place = Path(folder, "package", "lib", prefix + name.replace("_", "-"))
            schema[kind][f"aws_{name}"] = read(place)
    (HERE / "schema.json").write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
