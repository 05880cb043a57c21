"""The samples in pages that are no commands: JSON and YAML that can be read, custom resources with
properties that their function takes.
"""

import json
import re

import yaml

import cases
from page_commands import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
BLOCK = re.compile(r"^( *)```(json|yaml)\n(.*?)^ *```$", re.M | re.S)
USERS = "Custom::DatabaseUsers"


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as what stands behind them."""


Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def resources(node):
    """Yields everything that has a type and properties."""
    if isinstance(node, dict):
        if "Type" in node and "Properties" in node:
            yield node
        for value in node.values():
            yield from resources(value)


def users_properties():
    """Returns the properties of a Custom::DatabaseUsers and of one of its users, by the reference."""
    text = (ROOT / "docs/reference.md").read_text().split("## Custom::DatabaseUsers", 1)[1]
    table = re.findall(r"^\| `(?:Users\[\]\.)?(\w+)` \|", text.split("\n| grant", 1)[0], re.M)
    ours = re.findall(r"^\| `Users\[\]\.(\w+)` \|", text, re.M)
    return set(table) - set(ours), set(ours)


def problems(page, text):
    """Yields what is wrong with a page's samples."""
    properties, of_user = users_properties()
    for match in BLOCK.finditer(text):
        place = f"{page}:{text.count(chr(10), 0, match.start()) + 1}"
        try:
            read = json.loads if match[2] == "json" else lambda text: yaml.load(text, Loader)
            sample = read(match[3])
        except (ValueError, yaml.YAMLError) as error:
            yield f"{place}: it cannot be read as {match[2]}: {str(error).splitlines()[0]}"
            continue
        for resource in resources(sample):
            given = resource["Properties"]
            if resource["Type"].startswith("Custom::") and "ServiceToken" not in given:
                yield f"{place}: {resource['Type']} has no ServiceToken"
            if resource["Type"] == USERS:
                users = [name for user in given.get("Users", []) for name in user]
                unknown = {*given} - properties | {*users} - of_user
                yield from (f"{place}: {USERS} has no property {name}" for name in sorted(unknown))


def anchors(text):
    """Returns the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def links(page, text):
    """Yields links that lead to no file, or to no heading of a page."""
    for match in LINK.finditer(text):
        target = (ROOT / page).parent / match[1] if match[1] else ROOT / page
        place = f"{page}:{text.count(chr(10), 0, match.start()) + 1}"
        if not target.exists():
            yield f"{place}: the link leads to no file: {match[1]}"
        elif match[2] and match[2] not in anchors(target.read_text()):
            yield f"{place}: {match[1] or page} has no heading for #{match[2]}"


def not_in_place(page):
    """Yields parameters whose change replaces something, or is refused, that the page does not name."""
    section = page.split("## Changing a stack\n", 1)[1].split("\n## ", 1)[0]
    for name in sorted({parameter for _, parameter, _, _ in cases.NOT_IN_PLACE}):
        if f"`{name}`" not in section:
            yield f"docs/deploy.md: Changing a stack does not name {name}"
