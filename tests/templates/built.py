#!/usr/bin/env python3
"""Starts what `make build-sam` has made, as Lambda starts it: each `bootstrap` under a Runtime API,
with the memory and the variables of the built template. The emulator, with a real PostgreSQL
behind it, is what they lead to, and a stand-in takes what CloudFormation is told. With both
functions built it is the demo's way, in both schemes and with the properties that CloudFormation
would send: the users are made, the probe reports, the gate opens, the users are dropped. Prints a
line per case and the counts at the end.
"""

import contextlib
import json
import os
import re
import sys
from pathlib import Path

import cases
import cloudformation
import cloudformation_bucket as bucket
import postgres_server
import resolution
import run as templates
import secrets_manager

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from local import PROXY_ARN, REGION, ROOT, build, emulator, install  # noqa: E402
from runtime_api import invoke  # noqa: E402

BUILT = ROOT / ".aws-sam" / "build"
MASTER, USER = "postgres", "probe"
STACK_ID = f"arn:aws:cloudformation:{REGION}:123456789012:stack/demo/0a1b2c3d"
# Of infra/demo.yaml, each with the emulator's.
SCHEMES = {"IAM_AUTH": "iam", "SECRETS": "secrets"}
# By logical id, the template that the function came from.
SOURCES = {"Probe": "template.yaml", "DatabaseUsers": "infra/db-users.yaml"}
# Lambda's: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
NEWEST_GLIBC = (2, 34)


def built(path=BUILT / "template.yaml"):
    """Yields the folder, the template and the logical id of each function."""
    template = cloudformation.load(path)
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            yield from built(path.parent / resource["Properties"]["TemplateURL"])
        if resource["Type"] == "AWS::Serverless::Function":
            yield path.parent, template, name


class Function:
    """A function as its built template has it."""

    def __init__(self, folder, template, name, environment):
        given = {**cases.REQUIRED[SOURCES[name]], "ProxyEndpoint": environment["DB_HOST"]}
        if name == "Probe":
            given["DatabaseUser"] = USER
        evaluation = cloudformation.Evaluation(template, given)
        properties = evaluation.made()[name]["Properties"]

        def value(node):
            return evaluation.values[node["Ref"]] if isinstance(node, dict) else str(node)

        self.name, self.binary = name, folder / properties["CodeUri"] / "bootstrap"
        self.memory_mb = value(properties["MemorySize"])
        variables = properties["Environment"]["Variables"]
        self.variables = {name: value(node) for name, node in variables.items()}
        # How to reach the emulator, and the role's keys, which no template has.
        self.variables |= {name: value for name, value in environment.items()
                           if name in ("DB_CA_FILE", "DB_CONNECT_TO") or name.startswith("AWS_")}

    def invoke(self, event, **variables):
        """Returns which the function posts, `response` or `error`, and what."""
        variables = {**self.variables, **variables}
        return invoke(self.binary, event, variables, self.name, self.memory_mb)

    def tell(self, stand_in, event):
        """Invokes the function as CloudFormation does; returns what CloudFormation is told."""
        self.invoke(event, SSL_CERT_FILE=str(stand_in.certificate))
        path, answer = stand_in.answer()
        assert event["ResponseURL"].endswith(path), path
        return answer

    def glibc(self):
        """Returns the newest version of the C library that the binary asks for."""
        versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", self.binary.read_bytes())
        return max((int(major), int(minor)) for major, minor in versions)


def users_of_demo(scheme):
    """Returns the properties of the demo's users as CloudFormation sends them: references to a
    secret stay as they are, and every scalar is text."""
    demo = {name: templates.expanded(name) for name in templates.names()}
    given = {"AuthScheme": scheme, "DatabaseName": MASTER, "ProbeUser": USER}
    return resolution.Stack(demo, "infra/demo.yaml", given, "demo").resolved("DatabaseUsers")


def request(kind, properties, host=bucket.NAME, **more):
    """Returns what CloudFormation sends."""
    return {"RequestType": kind, "ResponseURL": f"https://{host}/answer?Signature=s",
            "StackId": STACK_ID, "RequestId": "request", "LogicalResourceId": "It",
            "ResourceType": "Custom::It", "ResourceProperties": properties, **more}


def probe_cases(probe, stand_in):
    """Yields what the probe must do, where its user is there."""
    ended, report = probe.invoke({})
    yield "the probe reports a healthy path", ended == "response" and (
        report["status"] == "healthy" and report["database"]["user"] == USER
        and report["database"]["version"][:1].isdigit()), report
    if stand_in:
        answer = probe.tell(stand_in, request("Create", {"Version": "1"}))
        yield "the gate opens", answer["Status"] == "SUCCESS" and (
            answer["Data"]["Status"] == "healthy" and answer["Data"]["User"] == USER), answer


def all_cases(functions, stand_in, wanted):
    """Yields each case's name, whether it came out as it should, and what came out."""
    users, probe = functions.get("DatabaseUsers"), functions.get("Probe")
    for function in functions.values():
        yield (f"{function.binary.relative_to(BUILT)} needs no newer C library than Lambda's",
               function.glibc() <= NEWEST_GLIBC, function.glibc())
    if users:
        ended, error = users.invoke(request("Create", wanted, host="example.com"))
        yield "the users' function answers CloudFormation and nobody else", (
            ended == "error" and error["errorType"] == "request_invalid"), error
    if users and stand_in:
        theirs = {**wanted, "Scheme": "IAM_AUTH", "Users": [{"Name": MASTER, "Grant": "connect"}]}
        failed = users.tell(stand_in, request("Create", theirs))
        yield "a user that is there already is refused", failed["Status"] == "FAILED" and (
            failed["Reason"].startswith("user_exists: ")), failed
        made = users.tell(stand_in, request("Create", wanted))
        yield "the users are made", made["Status"] == "SUCCESS", made
    if probe:
        yield from probe_cases(probe, stand_in)
    if users and stand_in:
        delete = request("Delete", wanted, PhysicalResourceId=made["PhysicalResourceId"])
        dropped = users.tell(stand_in, delete)
        yield "the users are dropped", dropped["Status"] == "SUCCESS", dropped
        if probe:
            _, report = probe.invoke({})
            yield "and sign in no more", report["status"] == "unhealthy", report


def options(scheme, makes_users, exit_stack):
    """Returns the emulator's options. By secrets it knows the user, and logs in to a PostgreSQL that
    asks for the user's password; end to end it asks the database who is a user."""
    chosen = ["--auth-scheme", SCHEMES[scheme], "--iam-user", MASTER, "--principal",
              f"AKIAIOSFODNN7EXAMPLE:built-secret:built-session={PROXY_ARN}/*"]
    if scheme == "SECRETS" or not makes_users:
        chosen += ["--iam-user", USER]
    if scheme == "SECRETS" and makes_users:
        server = postgres_server.serving(install("postgres"), MASTER)
        port = exit_stack.enter_context(server)
        login = f"{MASTER}:{secrets_manager.PASSWORD}"
        chosen += ["--backend", f"postgres://{login}@127.0.0.1:{port}/{MASTER}"]
    return chosen


def run_scheme(scheme, stand_in, found):
    """Runs every case with the functions that are built; yields whether each passed."""
    wanted = users_of_demo(scheme)
    makes_users = bool(stand_in) and "DatabaseUsers" in [name for _, _, name in found]
    with contextlib.ExitStack() as exit_stack:
        secrets = exit_stack.enter_context(secrets_manager.serving(wanted["Users"]))
        started = emulator(build(), install("postgres"), options(scheme, makes_users, exit_stack))
        environment = exit_stack.enter_context(started) | secrets
        functions = {name: Function(folder, template, name, environment)
                     for folder, template, name in found}
        for name, passed, came_out in all_cases(functions, stand_in, wanted):
            print(f"{'ok  ' if passed else 'FAIL'} {scheme}: {name}", flush=True)
            if not passed:
                print(json.dumps(came_out, indent=2), flush=True)
            yield passed


def run(stand_in):
    """Runs both schemes and reports the counts."""
    found = list(built())
    results = [passed for scheme in SCHEMES for passed in run_scheme(scheme, stand_in, found)]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


def main():
    """Builds what it needs while there is a network, and then leaves it."""
    os.environ["BUILT_PROGRAMS"] = str(build())
    install("postgres")
    if not bucket.enter_own_network():
        return run(None)
    with bucket.Bucket() as stand_in:
        return run(stand_in)


if __name__ == "__main__":
    sys.exit(main())
