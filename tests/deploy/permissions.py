"""Takes each statement of a role away: the probe has to fail for it."""

import contextlib
import json

import cases
from deployment import Failed
from steps import code_of

ROLE = "AWS::IAM::Role"


def each_statement(it, stack, watched, explained=False):
    """Takes each statement of a stack's roles away, looks at what the probe of the watched stack
    then reports, and puts it back. Those for explaining have their turn where something is to be
    explained, and the others where all is well."""
    iam = stack.account.client("iam")
    for role in stack.resources(ROLE):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                sid = statement["Sid"]
                if statement["Effect"] == "Deny" or sid in cases.NOT_TOLD or explained != (
                        cases.NEEDED.get(sid) == cases.NOT_EXPLAINED):
                    continue
                with contextlib.suppress(Failed), without(iam, role, policy, document, sid):
                    it.step(f"without {sid} of {stack.name}", lambda: look(watched, sid))
    it.probe(watched, cases.EXPLAINED if explained else cases.HEALTHY)


@contextlib.contextmanager
def without(iam, role, policy, document, sid):
    """Takes a statement away as long as the block lasts."""
    rest = [it for it in document["Statement"] if it["Sid"] != sid]
    # A policy has a statement at least; this one allows nothing.
    nothing = [{"Effect": "Deny", "Action": "none:Nothing", "Resource": "*"}]

    def put(statements):
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(
            {**document, "Statement": statements}))
    put(rest or nothing)
    try:
        yield
    finally:
        put(document["Statement"])


def look(stack, sid):
    """Invokes a probe that lacks a statement."""
    expected = cases.NEEDED.get(sid)
    if expected is None:
        raise Failed(f"cases.py does not say what is missing without {sid}")
    report = stack.invoke()
    found = code_of(report)
    if not stack.logged(report["request_id"]):
        found = cases.NOT_LOGGED
    elif found == cases.EXPLAINED and report["explain"]["problems"]:
        found = cases.NOT_EXPLAINED
    if found != expected:
        raise Failed(f"expected {expected}: {json.dumps(report)}")
