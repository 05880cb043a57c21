#!/usr/bin/env python3
"""Checks what can be known of the templates without AWS: which parameters are refused, what is
made, what the function may do and where it may connect to. `make templates` runs it by SAM's
Python. The stacks that it accepts go to target/templates/stacks.json, for taken_by_moto.py.
"""

import json
import logging
import sys
from pathlib import Path

import boto3
from cfnlint.conditions._errors import UnknownSatisfisfaction
from cfnlint.template import Template
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

import cases
import characters
import cloudformation
import deployable
import partitions
import updates
from cloudformation import Evaluation, Refused

ROOT = Path(__file__).resolve().parent.parent.parent
STACKS = ROOT / "target" / "templates" / "stacks.json"
REGION = cloudformation.PSEUDO["AWS::Region"]
# The proxy's port: as given, else the engine's.
THE_PORT = {"Fn::FindInMap": ["Engines", {"Ref": "Engine"}, "Port"]}
# What each function in a VPC may do: docs/permissions.md has it.
EVERY_FUNCTION = ("ec2:", "logs:")


def names():
    """Returns the templates' paths."""
    # No deeper: infra/cdk may have others' packages.
    below = sorted(str(path.relative_to(ROOT)) for pattern in ("infra/*.yaml", "infra/*/*.yaml")
                   for path in ROOT.glob(pattern))
    return ["template.yaml", *below]


def expanded(name):
    """Reads a template and lets SAM's translator do to it what the transform does in AWS."""
    template = cloudformation.load(ROOT / name)
    if "Transform" not in template:
        return template
    # It complains that nothing collects its metrics.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    # In AWS it knows the parameters' values, and resolves a role; here they are still to come.
    values = {parameter: {"Ref": parameter} for parameter in template["Parameters"]}
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    return translator.translate(sam_template=template, parameter_values=values)


def evaluate(name, template, change):
    """Evaluates a template with the parameters that it needs and a case's changes."""
    return Evaluation(template, {**cases.REQUIRED.get(name, {}), **change})


def actions(made):
    """Returns what the role made for the function may do, besides what each in a VPC may."""
    policies = made["ProbeRole"]["Properties"]["Policies"]
    statements = [it for policy in policies for it in policy["PolicyDocument"]["Statement"]]
    listed = [it["Action"] if isinstance(it["Action"], list) else [it["Action"]]
              for it in statements]
    return {action for one in listed for action in one if not action.startswith(EVERY_FUNCTION)}


def reached(evaluation, made):
    """Returns where the function may open connections to, besides the proxy on its port."""
    rules = list(made["ProbeSecurityGroup"]["Properties"]["SecurityGroupEgress"])
    rules += [it["Properties"] for it in made.values()
              if it["Type"] == "AWS::EC2::SecurityGroupEgress"]
    found = set()
    for rule in rules:
        to = next(rule[key] for key in ("CidrIp", "DestinationSecurityGroupId",
                                        "DestinationPrefixListId") if key in rule)
        if rule["FromPort"] == rule["ToPort"] == 443:
            name = to if isinstance(to, str) else to.get("Ref") or to["Fn::GetAtt"][0]
            found.add(f"443 to {evaluation.values.get(name, name)}")
        else:
            assert to in ({"Ref": "ProxySecurityGroupId"}, {"Ref": "ProxyCidr"}), rule
            given = {"Ref": "DatabasePort"} if evaluation.values["DatabasePort"] else THE_PORT
            assert rule["FromPort"] == rule["ToPort"] == given, rule
    return found


def accepted(template):
    """Yields the name of each accepted case, what is wrong with what it comes to, and that."""
    for name, (change, adds, may, reaches) in cases.ACCEPTED.items():
        evaluation = evaluate("template.yaml", template, change)
        made = evaluation.made()
        compared = (("makes", set(made), cases.SMALLEST | adds), ("may", actions(made), may),
                    ("reaches", reached(evaluation, made), reaches))
        yield f"accepted: {name}", [
            f"it {what} {sorted(found)}, expected {sorted(expected)}"
            for what, found, expected in compared if found != expected], evaluation
    for name, (change, lacks) in cases.WITHOUT.items():
        evaluation = evaluate("template.yaml", template, change)
        wrong = set(evaluation.made()) ^ (cases.SMALLEST - lacks)
        yield f"accepted: {name}", sorted(wrong), evaluation


def refused(name, template):
    """Yields what should have been refused, or for another reason, and assertions never seen."""
    seen = set()
    for change, reason in cases.REFUSED.get(name, []):
        try:
            evaluate(name, template, change)
            yield f"{change} is accepted"
        except Refused as refusal:
            seen.add(str(refusal))
            if reason not in str(refusal):
                yield f"{change} is refused, but for: {refusal}"
    for rule in template.get("Rules", {}).values():
        for assertion in rule["Assertions"]:
            if not any(assertion["AssertDescription"] in reasons for reasons in seen):
                yield f"no case for: {assertion['AssertDescription']}"


def one_sided(evaluations):
    """Returns the conditions that are the same in every accepted case."""
    seen = {}
    for evaluation in evaluations:
        for name, value in evaluation.conditions.items():
            seen.setdefault(name, set()).add(value)
    return sorted(name for name, values in seen.items() if len(values) == 1)


def disagreements(template, evaluations):
    """Yields conditions that cfn-lint's solver decides otherwise, or can no more than two."""
    solver, unknown = Template("template.yaml", template, [REGION]).conditions, set()
    for evaluation in evaluations:
        texts = {name: value for name, value in evaluation.values.items() if isinstance(value, str)}
        for name, value in evaluation.conditions.items():
            try:
                if not solver.satisfiable({name: value}, texts):
                    yield f"{name} is not {value}"
                if solver.satisfiable({name: not value}, texts):
                    yield f"{name} may be {not value}"
            except UnknownSatisfisfaction:
                unknown.add(name)
    if unknown:
        yield f"undecided: {sorted(unknown)}"


def checks():
    """Yields each check's name and what is wrong."""
    templates = {name: expanded(name) for name in names()}
    evaluations = []
    for name, problems, evaluation in accepted(templates["template.yaml"]):
        evaluations.append((name, evaluation))
        yield name, problems
    decided = [evaluation for _, evaluation in evaluations]
    yield "every condition is seen both ways", one_sided(decided)
    yield "cfn-lint decides the conditions alike", list(
        disagreements(templates["template.yaml"], decided))
    for name, template in templates.items():
        yield f"{name} is refused for the reason that each case names", list(
            refused(name, template))
        evaluations.append((f"{name} with its defaults", evaluate(name, template, {})))
    yield "services take every description, name and tag", list(
        characters.problems(templates, updates.bases))
    yield "services take Terraform's too", [
        problem for path in sorted((ROOT / "infra" / "terraform").glob("*/*/*.tf"))
        for problem in characters.terraform_problems(path.read_text(), path.parent.name)]
    yield "parameters take the names of every partition", list(partitions.problems(templates))
    for name, check in deployable.CHECKS.items():
        yield name, list(dict.fromkeys(check(templates, updates.bases)))
    yield "an update changes what stays in place, and is refused only where a case says why", list(
        updates.problems(templates))
    yield "two stacks of a template give no name twice", list(updates.collisions(templates))
    STACKS.parent.mkdir(parents=True, exist_ok=True)
    STACKS.write_text(json.dumps({
        name: {"values": evaluation.values, "resources": evaluation.made(),
               "mappings": evaluation.template.get("Mappings", {})}
        for name, evaluation in evaluations}))


def main():
    """Runs every check and reports the counts."""
    results = []
    for name, problems in checks():
        results.append(not problems)
        print("\n     ".join([f"{'FAIL' if problems else 'ok  '} {name}", *problems]))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
