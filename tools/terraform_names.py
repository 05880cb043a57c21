"""Holds the Terraform modules to what else has their names: the templates, the reference of the
function's variables, and the table of permissions.
"""

import re
import sys
from pathlib import Path

import hcl

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "infra" / "terraform"
PROBE = FOLDER / "modules" / "probe"

# What only Terraform has a say in, such as names, which CloudFormation makes up.
OWN = {"create", "iam_role_path", "iam_role_permissions_boundary", "known_after_apply",
       "kms_key_arn", "log_kms_key_arn", "name", "package_file", "package_s3", "tags"}
# What only a gate, a deployment hook, a dashboard, a URL and an API need.
NOT_HERE = {"gate", "code_deploy_group_arn", "route_table_ids", "s3_prefix_list_id", "proxy_name",
            "function_url", "http_api"}
# What a deployment has no say in: the region is in the endpoint's name, the rest is for tests.
NOT_DEPLOYED = {"DB_REGION", "DB_CONNECT_TO", "DB_CA_FILE"}

# The statements that a module and a template have in common, by Sid, and what only one has.
TEMPLATES = {"probe": "template.yaml", "network": "infra/network.yaml", "proxy": "infra/database.yaml",
             "database-users": "infra/db-users.yaml"}
OF_A_TEMPLATE = {
    # Gate, deployment hook; answers of custom resources, the function that closes the default group.
    "template.yaml": {"AnswerCloudFormation", "AnswerCodeDeploy"},
    "infra/network.yaml": {"AnswerCloudFormation", "LookAtTheGroup", "TakeItsRulesAway", "WriteOwnLogs"},
    "infra/database.yaml": {"DecryptTheSecrets"},
    "infra/db-users.yaml": set(),
}
OF_A_MODULE = {"probe": set(), "database-users": set(), "network": {"UseTheService"},
               # A statement for each secret with its own key.
               "proxy": {'Decrypt${replace(title(name), "/[^A-Za-z0-9]/", "")}'}}


def same(what, found, wanted):
    """Ends with the difference, if there is one."""
    if found != wanted:
        sys.exit(f"{what}: missing {sorted(wanted - found)}, too many {sorted(found - wanted)}")
    print(f"{what}: {len(found)}, the same")


def text_of(folder):
    """All of a module."""
    return "".join(file.read_text() for file in sorted(folder.glob("*.tf")))


def variables():
    """Each variable is used; the probe's are the template's and those of the function."""
    for folder in [*FOLDER.glob("modules/*"), *FOLDER.glob("examples/*")]:
        text = text_of(folder)
        declared = set(re.findall(r'^variable "(\w+)"', text, re.M))
        same(f"variables used and declared in {folder.name}",
             set(re.findall(r"\bvar\.(\w+)", text)), declared)

    template = (ROOT / "template.yaml").read_text()
    asked = template.split("\nParameters:")[1].split("\nRules:")[0]
    parameters = re.findall(r"^  (\w+):$", asked, re.M)
    spelled = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in parameters}
    declared = set(re.findall(r'^variable "(\w+)"', text_of(PROBE), re.M))
    same("variables and the template's parameters", declared - OWN, spelled - NOT_HERE)

    reference = (ROOT / "docs" / "reference.md").read_text()
    table = reference.split("\n## Variables\n")[1].split("\n## ")[0]
    variable = r"\b(?:DB|PROBE)_[A-Z_]+\b"
    # A test holds this table to what the function reads.
    read = set(re.findall(rf"^\| `({variable})`", table, re.M)) - NOT_DEPLOYED
    same("environment variables set and read",
         set(re.findall(variable, (PROBE / "main.tf").read_text())), read)


def statements():
    """Yields the place and owner of each IAM statement, the statement, and its conditions."""
    for folder in sorted([*FOLDER.glob("modules/*"), *FOLDER.glob("examples/*")]):
        place = str(folder.relative_to(ROOT))
        for kind, labels, body in hcl.blocks(text_of(folder)):
            inside = hcl.attributes(body)
            if kind == "locals":
                for name, value in inside.items():
                    for found, when in hcl.statements(value):
                        yield place, f"local.{name}", found, when
            elif kind == "resource":
                count = inside.get("count", inside.get("for_each", ""))
                exists = [count.removesuffix(" ? 1 : 0")] if count else []
                for value in inside.values():
                    for found, when in hcl.statements(value):
                        yield place, ".".join(labels), found, [*exists, *when]


def row(place, owner, statement, when):
    """A row of docs/permissions.md without its last cell."""
    cell = {key: hcl.form(value) for key, value in statement.items()}
    actions = cell["Action"] if cell["Effect"] == "Allow" else f'{cell["Effect"]}: {cell["Action"]}'
    return (place, owner, cell.get("Principal", ""), actions, cell.get("Resource", ""),
            cell.get("Condition", ""), ", ".join(when))


def as_line(cells):
    """The row as the page has it."""
    return "| " + " | ".join(f"`{cell}`" if cell else "" for cell in cells) + " | |"


def permissions():
    """The table of permissions has each statement, and the templates' Sids are the modules'."""
    found = list(statements())
    rows = {row(*each) for each in found}
    page = (ROOT / "docs" / "permissions.md").read_text()
    listed = {tuple(cell.strip().strip("`") for cell in line.strip("|").split(" | "))[:7]
              for line in page.splitlines() if line.startswith("| `infra/terraform/")}
    missing, orphans = sorted(rows - listed), sorted(listed - rows)
    if missing or orphans:
        sys.exit("\n".join(["not in docs/permissions.md:", *map(as_line, missing),
                            "in no module:", *map(as_line, orphans)]))
    print(f"statements and docs/permissions.md: {len(rows)}, the same")
    for module, template in TEMPLATES.items():
        of_module = {hcl.form(each["Sid"]) for place, _, each, _ in found
                     if place.endswith(f"modules/{module}") and "Sid" in each}
        of_template = set(re.findall(r"\bSid: (\w+)", (ROOT / template).read_text()))
        same(f"statements of {module} and {template}", of_module - OF_A_MODULE[module],
             of_template - OF_A_TEMPLATE[template])
