"""Reads Terraform's language as `terraform fmt` writes it: blocks, their attributes, and the IAM
statements in them. Expressions stay text.
"""

import re

BLOCK = re.compile(r'^(\w+)((?: "[\w-]+")*) \{\n(.*?)^\}', re.M | re.S)
NAME = re.compile(r'"?([\w:-]+)"?\s*[=:]\s*')
OPENING, CLOSING = "([{", ")]}"


def without_comments(text):
    """The text without its comments, which begin a line or stand behind one."""
    return re.sub(r'^\s*#.*\n|(?<=[\w"\])}]) # .*$', "", text, flags=re.M)


def blocks(text):
    """Yields each block of a file: its kind, its labels, and what is in it."""
    for kind, labels, body in BLOCK.findall(without_comments(text)):
        yield kind, re.findall(r'"([\w-]+)"', labels), body


def string_end(text, start):
    """The position behind the string that begins here."""
    at = start + 1
    while text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith("${", at):
            at = group_end(text, at + 1)
        else:
            at += 1
    return at + 1


def group_end(text, start):
    """The position behind the bracket that closes the one here."""
    at = start + 1
    while text[at] not in CLOSING:
        at = skip(text, at)
    return at + 1


def skip(text, at):
    """The position behind what begins here: a string, a bracket with its content, a character."""
    if text[at] == '"':
        return string_end(text, at)
    return group_end(text, at) if text[at] in OPENING else at + 1


def parts(text):
    """The parts of a list or a body, which commas or line ends separate."""
    found, start, at = [], 0, 0
    while at < len(text):
        if text[at] in ",\n":
            found.append(text[start:at].strip())
            start = at + 1
        at = skip(text, at)
    found.append(text[start:].strip())
    return [part for part in found if part]


def attributes(body):
    """The attributes of a body or an object, as text. Nested blocks are left out."""
    found = {}
    for part in parts(body):
        match = NAME.match(part)
        if match:
            found[match[1]] = part[match.end():]
    return found


def form(value):
    """A value in the form that docs/permissions.md has: strings bare, lists and objects joined."""
    if value[0] == '"' and string_end(value, 0) == len(value):
        return value[1:-1]
    if value[0] == "[" and not value.startswith("[for ") and group_end(value, 0) == len(value):
        return ", ".join(map(form, parts(value[1:-1])))
    if value[0] == "{":
        return ", ".join(f"{key}: {form(of)}" for key, of in sorted(attributes(value[1:-1]).items()))
    return " ".join(value.split())


def statements(value, when=()):
    """Yields each IAM statement in a value, as attributes, with the conditions it depends on."""
    at = 0
    while at < len(value):
        if value[at] != "{":
            at = at + 1 if value[at] in "[(" + CLOSING else skip(value, at)
            continue
        end = group_end(value, at)
        inner = value[at + 1:end - 1]
        found = attributes(inner)
        if "Effect" in found:
            only_if = re.match(r"\s*if ([^\]]+)\]", value[end:])
            yield found, [*when, *([" ".join(only_if[1].split())] if only_if else [])]
        else:
            yield from statements(inner, [*when, *([found["when"]] if "when" in found else [])])
        at = end
