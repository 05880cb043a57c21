#!/usr/bin/env python3
"""Takes AWS commands apart as the AWS CLI does, and runs none: standard input is a JSON list of
{"words": [...], "whole": true, "made": [...]}, standard output has for each one what is wrong with it
and, of `aws cloudformation deploy`, what it would deploy. pages.py runs it by the Python of the CLI,
which is version 1; what version 2 alone has stands here, with its source.
"""

import contextlib
import io
import json
import re
import sys

from awscli import clidriver
from awscli.customizations.cloudformation.deploy import DeployCommand
from botocore.validate import ParamValidator

# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
GLOBAL_OPTIONS_OF_2 = {"--cli-binary-format": 1, "--no-cli-pager": 0}
# Commands of the CLI's own that are not in version 1, or would look at this machine if they ran.
OWN_COMMANDS = {
    # https://docs.aws.amazon.com/cli/latest/reference/configure/
    ("configure", "export-credentials"): {"--profile", "--format"},
    ("configure", "get"): {"--profile"},
    ("configure", "list"): {"--profile"},
    ("configure", "list-profiles"): set(),
    # https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html
    ("logs", "tail"): {"--region", "--since", "--follow", "--format", "--filter-pattern"},
    # https://docs.aws.amazon.com/cli/latest/reference/sso/login.html
    ("sso", "login"): {"--profile"},
}
PORT = re.compile(r"(?:[A-Z]+_)*PORT")
# Everything else that the CLI adds to the services' operations would run, so it is not taken.
CUSTOM = {("cloudformation", "deploy")}


class Names:
    """Follows a query through the form of an answer, and notes names that are not in it. A form is a
    shape of botocore's, a list of the one form of its elements, a dictionary, or None if unknown."""

    def __init__(self):
        self.unknown = []

    def element(self, form):
        """Returns the form of a list's elements."""
        if isinstance(form, list):
            return form[0]
        return form.member if getattr(form, "type_name", None) == "list" else None

    def member(self, form, name):
        """Returns the form of what has this name."""
        if form is None:
            return None
        if isinstance(form, dict):
            known = form
        elif getattr(form, "type_name", None) == "map":
            return form.value
        else:
            known = getattr(form, "members", {})
        if name not in known:
            self.unknown.append(name)
        return known.get(name)

    def walk(self, node, form):
        """Returns the form of a node's result."""
        kind, children = node["type"], node["children"]
        if kind in ("identity", "current"):
            return form
        if kind == "field":
            return self.member(form, node["value"])
        if kind in ("subexpression", "index_expression", "pipe"):
            for child in children:
                form = self.walk(child, form)
            return form
        if kind == "index":
            return self.element(form)
        if kind == "flatten":
            inner = self.element(self.walk(children[0], form))
            return [self.element(inner) or inner]
        if kind in ("projection", "filter_projection"):
            element = self.element(self.walk(children[0], form))
            for condition in children[2:]:
                self.walk(condition, element)
            return [self.walk(children[1], element)]
        if kind == "multi_select_dict":
            return {child["value"]: self.walk(child["children"][0], form) for child in children}
        if kind == "function_expression" and children[-1]["type"] == "expref":
            sorted_ones = self.walk(children[0], form)
            self.walk(children[-1]["children"][0], self.element(sorted_ones))
            return sorted_ones
        for child in children:
            self.walk(child, form)
        return None


class Taken:
    """What the last command came to, in the place of its being done."""

    def __init__(self, driver):
        self.driver, self.problems, self.deployed = driver, [], None

    def operation(self, service, operation, parameters, parsed_globals):
        """Holds a call to the service's model, and its query to the answer."""
        model = self.driver.session.get_service_model(service).operation_model(operation)
        if model.input_shape:
            report = ParamValidator().validate(parameters, model.input_shape)
            # A word in capitals is as long as it is.
            self.problems += [line for line in report.generate_report().splitlines()
                              if not line.startswith("Invalid length")]
        if parsed_globals.query is not None:
            names = Names()
            names.walk(parsed_globals.query.parsed, model.output_shape)
            self.problems += [f"--query: the answer of {operation} has no {name}"
                              for name in names.unknown]
        return 0

    def deploy(self, parsed):
        """Keeps what would be deployed."""
        self.deployed = {"template": parsed.template_file, "stack": parsed.stack_name,
                         "parameters": parsed.parameter_overrides or [],
                         "capabilities": parsed.capabilities or []}
        return 0


def without_version_2(words):
    """Returns the words that version 1 has too."""
    left, kept = iter(words), []
    for word in left:
        if word in GLOBAL_OPTIONS_OF_2:
            for _ in range(GLOBAL_OPTIONS_OF_2[word]):
                next(left, None)
        else:
            kept.append(word)
    return kept


def filled(words, operation, files):
    """Returns the words with something in the place of files that the page's commands have written, and
    of numbers that the reader fills in."""
    kept = []
    for word in words:
        word = "5432" if PORT.fullmatch(word) else word
        if word.split("://", 1)[-1] in files and word.startswith("file"):
            model = getattr(operation.arg_table.get(kept[-1].removeprefix("--")), "argument_model", 0)
            word = {"list": "[]", "structure": "{}", "map": "{}"}.get(
                getattr(model, "type_name", "string"), "text")
        kept.append(word)
    return kept


def check(driver, taken, command):
    """Returns what is wrong with one command."""
    words, name = without_version_2(command["words"]), tuple(command["words"][:2])
    options = {word.split("=")[0] for word in words if word.startswith("--")}
    if name in OWN_COMMANDS:
        return [f"no option {option}" for option in sorted(options - OWN_COMMANDS[name])]
    service = driver._get_command_table().get(words[0])
    if not isinstance(service, clidriver.ServiceCommand):
        return [f"{words[0]} is no service"]
    if len(words) == 1:
        return ["there is no operation"] if command["whole"] else []
    operation = service._get_command_table().get(words[1])
    if name not in CUSTOM and not isinstance(operation, clidriver.ServiceOperation):
        return [f"{words[0]} has no operation {words[1]}"]
    if not command["whole"]:
        known = {f"--{option}" for option in {**operation.arg_table, **driver._get_argument_table()}}
        return [f"no option {option}" for option in sorted(options - known)]
    if name not in CUSTOM:
        # Whatever makes the call, such as the CLI's plugin for sessions: it is not made.
        type(operation._operation_caller).invoke = lambda _self, *call: taken.operation(*call)
    said, taken.problems = io.StringIO(), []
    with contextlib.redirect_stderr(said):
        try:
            status = driver.main(filled(words, operation, command["made"]))
        except SystemExit as ended:
            status = ended.code
    if status:
        # The usage comes first, and a query's error has separate lines.
        return [" ".join(said.getvalue().strip().split("\n\n")[-1].split())[-300:]]
    return taken.problems


def main():
    """Answers for each command."""
    driver = clidriver.create_clidriver()
    taken, answers = Taken(driver), []
    DeployCommand._run_main = lambda _self, parsed, _globals: taken.deploy(parsed)
    for command in json.load(sys.stdin):
        taken.deployed = None
        answers.append({"problems": check(driver, taken, command), "deployed": taken.deployed})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
