"""What CloudFormation does with a template before it makes anything: it takes parameters, refuses
wrong ones by their constraints and by the template's rules, decides conditions, and leaves out what
they exclude. Ref, Sub, GetAtt and the like in what is left are not resolved here.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

import re

from cfnlint.decode import decode

NO_VALUE = {"Ref": "AWS::NoValue"}
PSEUDO = {"AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", "AWS::Partition": "aws",
          "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": "probe",
          "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/probe/0a1b2c3d-0000"}


class Refused(Exception):
    """The parameters are refused, for these reasons."""


def load(path):
    """Reads a template, its short tags in their long form."""
    template, problems = decode(str(path))
    assert not problems, problems
    return template


def is_list(parameter):
    """Tells whether a parameter's value is a list, given as text with commas."""
    return parameter["Type"] == "CommaDelimitedList" or parameter["Type"].startswith("List<")


def constraint_problems(name, parameter, value):
    """Yields what is wrong with one value, by its parameter's own constraints."""
    length, numeric = len(value), parameter["Type"] == "Number"
    allowed = [str(one) for one in parameter.get("AllowedValues", [])]
    if allowed and value not in allowed:
        yield f"{name}: not one of the allowed values"
    pattern = str(parameter.get("AllowedPattern", ".*"))
    # Each value of a list has to match.
    for one in value.split(",") if is_list(parameter) else [value]:
        if re.fullmatch(pattern, one, re.DOTALL):
            continue
        yield f"{name}: must be {parameter.get('ConstraintDescription', 'of its pattern')}"
    if not int(parameter.get("MinLength", 0)) <= length <= int(parameter.get("MaxLength", length)):
        yield f"{name}: too short or too long"
    if numeric:
        try:
            number = float(value)
        except ValueError:
            yield f"{name}: not a number"
            return
        if not float(parameter.get("MinValue", value)) <= number <= float(
                parameter.get("MaxValue", value)):
            yield f"{name}: too small or too large"


def take(template, given):
    """Returns every parameter's value, defaults included, or raises Refused."""
    parameters = template.get("Parameters", {})
    unknown = given.keys() - parameters.keys() - PSEUDO.keys()
    missing = {name for name, it in parameters.items() if "Default" not in it} - given.keys()
    if unknown or missing:
        raise Refused(f"unknown: {sorted(unknown)}, missing: {sorted(missing)}")
    values, problems = {name: given.get(name, value) for name, value in PSEUDO.items()}, []
    for name, parameter in parameters.items():
        value = str(given.get(name, parameter.get("Default")))
        problems += constraint_problems(name, parameter, value)
        values[name] = value.split(",") if is_list(parameter) else value
    if problems:
        raise Refused("; ".join(problems))
    return values


class Evaluation:
    """A template with its parameters taken, its rules held and its conditions decided."""

    def __init__(self, template, given):
        self.template = template
        self.values = take(template, given)
        self.conditions = {}
        broken = [assertion["AssertDescription"]
                  for rule in template.get("Rules", {}).values()
                  if self.decide(rule.get("RuleCondition", True))
                  for assertion in rule["Assertions"] if not self.decide(assertion["Assert"])]
        if broken:
            raise Refused("; ".join(broken))
        for name in template.get("Conditions", {}):
            self.condition(name)

    def condition(self, name):
        """Decides a condition by its name."""
        if name not in self.conditions:
            self.conditions[name] = self.decide(self.template["Conditions"][name])
        return self.conditions[name]

    def decide(self, node):
        """Decides what is said with the condition functions."""
        if isinstance(node, bool):
            return node
        [(function, operands)] = node.items()
        if function == "Condition":
            return self.condition(operands)
        if function == "Fn::Equals":
            left, right = (self.value(operand) for operand in operands)
            return left == right
        if function == "Fn::Contains":
            return self.value(operands[1]) in [self.value(one) for one in operands[0]]
        decided = [self.decide(operand) for operand in operands]
        return {"Fn::Not": lambda: not decided[0], "Fn::And": lambda: all(decided),
                "Fn::Or": lambda: any(decided)}[function]()

    def value(self, node):
        """Returns an operand of a condition, which CloudFormation compares as text."""
        if not isinstance(node, dict):
            return str(node)
        [(function, operand)] = node.items()
        if function == "Ref":
            return self.values[operand]
        if function == "Fn::Join":
            return operand[0].join(self.value(operand[1]))
        raise AssertionError(f"{function} in a condition")

    def keep(self, node):
        """Returns a part of the template without what the conditions exclude."""
        if isinstance(node, dict) and list(node) == ["Fn::If"]:
            name, then, otherwise = node["Fn::If"]
            return self.keep(then if self.condition(name) else otherwise)
        if isinstance(node, dict):
            kept = {key: self.keep(value) for key, value in node.items()}
            return {key: value for key, value in kept.items() if value != NO_VALUE}
        if isinstance(node, list):
            return [value for value in map(self.keep, node) if value != NO_VALUE]
        return node

    def made(self, section="Resources"):
        """Returns the members of a section that exist."""
        return {name: self.keep({key: value for key, value in member.items() if key != "Condition"})
                for name, member in self.template.get(section, {}).items()
                if "Condition" not in member or self.condition(member["Condition"])}
