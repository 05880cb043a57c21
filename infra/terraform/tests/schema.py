#!/usr/bin/env python3
"""Writes schema.json: what Terraform's AWS provider takes, for the resources of modules and examples.

    infra/terraform/tests/schema.py

The provider itself comes only from Terraform's registry. Its schema is also in the npm package
below, which was generated from the provider, 6.66.0 (MPL-2.0); this script takes the names, types
and what is required out of it. Not in the package, and so not in the result: how often a block may
be repeated, which arguments exclude each other, which values are refused.
"""

import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@cdktn/provider-aws@25.7.0"
HERE = Path(__file__).resolve().parent
MODULES = [*HERE.parent.glob("modules/*"), *HERE.parent.glob("examples/*")]
# How the package writes an argument or block, an attribute that is read, and a required block.
WRITTEN = re.compile(r'(\w+): \{\s+value: (.*),\s+isBlock: (true|false),\s+type: "(\w+)",'
                     r'\s+storageClassType: "(\w+)",')
READ = re.compile(r"return (cdktn\.Fn\.tolist\()?this\.get(\w+)Attribute\('(\w+)'\)")
MAPS = re.compile(r'= new cdktn\.StringMap\(this, "(\w+)"\)')
REQUIRED = re.compile(r"// (\w+) - computed: false, optional: false, required: true")
FILLED_IN = re.compile(r"// (\w+) - computed: true, optional: true, required: false")
OBJECTS = re.compile(r'= new (\w+)List\(this, "(\w+)", (true|false)\)')
TYPES = {"string": "string", "number": "number", "boolean": "bool", "stringList": "string",
         "numberList": "number", "stringMap": "string"}


def section(code, start, end="}"):
    """The lines from the one that begins so, to the next that is no more than the end."""
    return re.search(rf"^ *{start}.*?^{end}", code, re.M | re.S)[0]


def attributes_read(own, code):
    """The type of each attribute that has a getter, objects included."""
    found = {name: ["map", "string"] for name in MAPS.findall(own)}
    for is_set, kind, name in READ.findall(own):
        many = "set" if is_set else "list"
        found[name] = {"String": "string", "Number": "number", "Boolean": "bool",
                       "List": [many, "string"], "NumberList": [many, "number"],
                       "StringMap": ["map", "string"]}[kind]
    for kind, name, is_set in OBJECTS.findall(own):
        inner = attributes_read(section(code, f"class {kind}OutputReference "), code)
        found[name] = ["set" if is_set == "true" else "list", ["object", inner]]
    return found


def block(code, own, written):
    """One block, of the class that it has in the package: its arguments and nested blocks."""
    attributes = {name: {"type": kind, "is": "computed"}
                  for name, kind in attributes_read(own, code).items()}
    blocks, needed, filled_in = {}, REQUIRED.findall(own), FILLED_IN.findall(own)
    for name, value, is_block, shape, storage in WRITTEN.findall(written):
        if is_block == "true":
            attributes.pop(name, None)
            kind = re.search(r"(\w+)ToHclTerraform", value)[1]
            title = kind[0].upper() + kind[1:]
            inner = block(code, section(code, f"class {title}OutputReference "),
                          section(code, f"function {kind}ToHclTerraform"))
            blocks[name] = {"mode": shape, "required": name in needed, **inner}
        else:
            kind = TYPES[storage] if shape == "simple" else [shape, TYPES[storage]]
            kinds = {**dict.fromkeys(filled_in, "filled in"), **dict.fromkeys(needed, "required")}
            attributes[name] = {"type": kind, "is": kinds.get(name, "optional")}
    return {"attributes": attributes, "blocks": blocks}


def read(folder):
    """The schema of one resource or data source."""
    code = (folder / "index.js").read_text()
    own = code[code.index(" extends cdktn.Terraform"):]
    return block(code, own, section(code, r"synthesizeHclAttributes\(\) \{", "    }"))


def written(schema):
    """The schema as JSON, with a line for each resource and data source."""
    parts = [f'"package": {json.dumps(schema["package"])}']
    for kind in ("data", "resource"):
        lines = (f"{json.dumps(name)}: {json.dumps(schema[kind][name], sort_keys=True)}"
                 for name in sorted(schema[kind]))
        parts.append(f'"{kind}": {{\n' + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}"


def main():
    """Reads the names out of the modules and their schema out of the package."""
    text = "".join(file.read_text() for module in sorted(MODULES) for file in sorted(module.glob("*.tf")))
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
    (HERE / "schema.json").write_text(written(schema) + "\n")


if __name__ == "__main__":
    main()
