#!/usr/bin/env python3
"""Starts what `make build-sam` has made, as Lambda starts it: its `bootstrap`, under a Runtime API,
with the memory and the variables of the built template. The emulator, with a real PostgreSQL behind
it, is what they lead to. Prints a line per function and the counts at the end.
"""

import json
import os
import re
import sys
from pathlib import Path

import cases
import cloudformation

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from local import PROXY_ARN, ROOT, build, emulator, install  # noqa: E402
from runtime_api import invoke  # noqa: E402

BUILT = ROOT / ".aws-sam" / "build"
USER = "app"
# A request as CloudFormation sends it, but for where the answer is to go.
FOREIGN_REQUEST = {
    "RequestType": "Create", "ResponseURL": "https://example.com/answer", "StackId": "stack",
    "RequestId": "request", "ResourceType": "Custom::DatabaseUsers", "LogicalResourceId": "Users",
    "ResourceProperties": {"Database": "postgres", "Scheme": "IAM_AUTH", "Users": []}}
# Lambda's: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
OLDEST_GLIBC = (2, 34)


def probe_is_right(ended, answer):
    """Tells whether a report is of a login at a real PostgreSQL."""
    return ended == "response" and answer["status"] == "healthy" and (
        answer["database"]["user"] == USER and answer["database"]["version"][:1].isdigit())


def users_are_right(ended, answer):
    """Tells whether a request was refused that nobody but CloudFormation may send."""
    return ended == "error" and answer["errorType"] == "request_invalid"


# By logical id: the template that it came from, what it is given, and what to expect.
FUNCTIONS = {"Probe": ("template.yaml", {}, probe_is_right),
             "DatabaseUsers": ("infra/db-users.yaml", FOREIGN_REQUEST, users_are_right)}


def functions(folder=BUILT):
    """Yields each built template, and the logical id and the properties of its function."""
    template = cloudformation.load(folder / "template.yaml")
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            below = folder / resource["Properties"]["TemplateURL"]
            if below.is_relative_to(BUILT):
                yield from functions(below.parent)
        if resource["Type"] == "AWS::Serverless::Function":
            yield folder, template, name


def properties(template, name, given):
    """Returns a function's folder, memory and variables, with these parameters."""
    evaluation = cloudformation.Evaluation(template, given)
    function = evaluation.made()[name]["Properties"]

    def value(node):
        return evaluation.values[node["Ref"]] if isinstance(node, dict) else str(node)

    variables = function["Environment"]["Variables"]
    return (function["CodeUri"], value(function["MemorySize"]),
            {name: value(node) for name, node in variables.items()})


def newest_glibc(binary):
    """Returns the newest version of the C library that a binary asks for."""
    versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", binary.read_bytes())
    return max((int(major), int(minor)) for major, minor in versions)


def main():
    """Runs every function that was built and reports the counts."""
    pg_bin, programs = install("postgres"), build()
    principal = f"AKIAIOSFODNN7EXAMPLE:built-secret:built-session={PROXY_ARN}/{USER}"
    options = ["--principal", principal, "--iam-user", USER]
    results = []
    with emulator(programs, pg_bin, options) as environment:
        # The way to the emulator and the role's keys, which no template has.
        local = {name: value for name, value in environment.items()
                 if name in ("DB_CA_FILE", "DB_CONNECT_TO") or name.startswith("AWS_")}
        for folder, template, name in functions():
            source, event, is_right = FUNCTIONS[name]
            given = {**cases.REQUIRED[source], "ProxyEndpoint": environment["DB_HOST"]}
            code, memory_mb, variables = properties(template, name, given)
            binary = folder / code / "bootstrap"
            ended, answer = invoke(binary, event, {**variables, **local}, name, memory_mb)
            passed = is_right(ended, answer) and newest_glibc(binary) <= OLDEST_GLIBC
            print(f"{'ok  ' if passed else 'FAIL'} {binary.relative_to(BUILT)}: "
                  f"{binary.stat().st_size} bytes, glibc {newest_glibc(binary)}", flush=True)
            if not passed:
                print(json.dumps(answer, indent=2), flush=True)
            results.append(passed)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
