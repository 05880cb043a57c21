"""What an update of a stack would do, by the resource provider schemas that cfn-lint ships: each
parameter is changed alone, and for each resource it is told whether CloudFormation would update it
in place, replace it, or refuse: a resource whose name is given is not replaced by one of the same
name, and a custom resource keeps its ServiceToken.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
"""

import cases
from cloudformation import Refused
from resolution import Stack, names_given, schema

# Another generation would lose what is in it, or would have another name for its clients.
KEPT = {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::Lambda::Function", "AWS::Logs::LogGroup",
        "AWS::RDS::DBCluster", "AWS::RDS::DBProxy", "AWS::RDS::DBProxyEndpoint",
        "AWS::SecretsManager::Secret"}


def at(value, path):
    """Returns what stands at a path such as /properties/A/B."""
    for part in path.removeprefix("/properties/").split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def kind_of_change(kind, before, after):
    """Returns what becomes of a resource whose properties were and are these."""
    if kind.startswith("Custom::"):
        return "refuse" if before["ServiceToken"] != after["ServiceToken"] else "update"
    facts = schema(kind) or {}
    fixed = facts.get("createOnlyProperties", [])
    if not any(at(before, path) != at(after, path) for path in fixed):
        return "update"
    names = names_given(kind, after)
    if names and all(before.get(name) == after[name] for name in names):
        return "refuse"
    return "replace"


def changes(templates, path, before, after):
    """Returns what becomes of each resource that changes. A replaced one changes those that refer
    to it, so the new state is looked at until nothing more is replaced."""
    old, generations = Stack(templates, path, before).all_resolved(), {}
    while True:
        new = Stack(templates, path, after, generations=generations).all_resolved()
        found = {}
        for name in old.keys() | new.keys():
            if name not in old or name not in new:
                found[name] = "remove" if name in old else "add"
            elif old[name] != new[name]:
                found[name] = kind_of_change(new[name][0], old[name][1], new[name][1])
        replaced = {name: 1 for name, what in found.items() if what == "replace"}
        if replaced.keys() <= generations.keys():
            return {name: (what, (new.get(name) or old[name])[0]) for name, what in found.items()}
        generations |= replaced


def others(name, parameter, value):
    """Returns other values of a parameter."""
    if name in cases.OTHER:
        return cases.OTHER[name]
    if "AllowedValues" in parameter:
        allowed = [str(one) for one in parameter["AllowedValues"]]
        return [one for one in allowed if one != value][:3]
    if parameter["Type"] == "Number":
        low, high = (float(parameter[key]) for key in ("MinValue", "MaxValue"))
        return [format(low if float(value) != low else high, "g")]
    raise AssertionError(f"cases.OTHER has no other value for {name}")


def bases(path):
    """Yields the parameter sets that are changed."""
    yield from cases.UPDATED.get(path, [{}])
    if path == "template.yaml":
        yield from (change for change, *_ in cases.ACCEPTED.values())
        yield from (change for change, _ in cases.WITHOUT.values())


def kept_ones(found):
    """Yields the resources that an update would replace or refuse to, of those that should stay."""
    for resource, (what, kind) in found.items():
        if what == "refuse" or (what == "replace" and kind in KEPT):
            yield resource, what


def problems(templates):
    """Yields updates that are refused or replace what should stay, and expectations not met."""
    met, changed = set(), set()
    for path, template in templates.items():
        for base in bases(path):
            before = {**cases.REQUIRED.get(path, {}), **base}
            Stack(templates, path, before)  # Which is not refused.
            for name, parameter in template["Parameters"].items():
                value = str(before.get(name, parameter.get("Default", "")))
                for other in others(name, parameter, value):
                    try:
                        found = changes(templates, path, before, {**before, name: other})
                    except Refused:
                        continue  # Before anything is changed.
                    changed.add((path, name))
                    met |= {(path, name, *one) for one in kept_ones(found)}
    for one in sorted(met - cases.NOT_IN_PLACE.keys()):
        yield "{0}: another {1}: CloudFormation would {3} {2}".format(*one)
    for one in sorted(cases.NOT_IN_PLACE.keys() - met):
        yield f"expected and not so: {one}"
    all_of_them = {(path, name) for path, it in templates.items() for name in it["Parameters"]}
    for path, name in sorted((all_of_them - changed) ^ cases.NEVER_ALONE):
        yield f"{path}: whether {name} is changed alone in no case"


def collisions(templates):
    """Yields names that two stacks of one template would both give."""
    for path in templates:
        for base in bases(path):
            given = {**cases.REQUIRED.get(path, {}), **base}
            first, second = (Stack(templates, path, given, name).all_resolved()
                             for name in ("one", "two"))
            for resource, (kind, properties) in first.items():
                names = names_given(kind, properties)
                if names and all(properties[name] == second[resource][1][name] for name in names):
                    yield f"{path}: {resource} of two stacks: {properties[names[0]]}"
