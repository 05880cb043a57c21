"""Scenarios of Terraform: examples are applied, their probes invoked, planned again and destroyed."""

import json

from configuration import Configuration
from deployment import Failed
from steps import code_of


def applied(it, example, variables, targets=()):
    """Applies an example, and registers its removal."""
    made = Configuration(it.accounts[0], example, variables, targets)
    it.removals.append(lambda: it.step(f"{example} is destroyed", made.destroy))
    it.step(f"{example} is applied", made.apply)
    it.step(f"{example} is as planned", made.plan_again)
    return made


def reports(it, made, command, expected):
    """Invokes a probe of an example, and looks at the report."""
    def invoked():
        report = made.invoke(command)
        if code_of(report) != expected:
            raise Failed(json.dumps(report, indent=1))
    it.step(f"{made.name} reports {expected}", invoked)


def from_nothing(it):
    """Everything from nothing, and the probe for the proxy in it. The bastion is left out: MiniStack
    forgets most of an instance's settings."""
    users = str(it.accounts[0].project.packed["../db-users"])
    whole = applied(it, "postgresql-serverless-v2",
                    {"keep_data": "false", "users_package_file": users},
                    ["module.probe", "module.users"])
    # Its copy has no end-to-end IAM, so the proxy can't log in as the users that were made.
    reports(it, whole, whole.outputs()["invoke_commands"]["writer"], "proxy_has_no_credentials")
    probe = applied(it, "existing-proxy", {
        "proxy_name": "example-postgresql", "database_user": "dbadmin"})
    reports(it, probe, probe.outputs()["invoke_command"], "healthy")
