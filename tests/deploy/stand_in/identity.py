"""IAM and STS: what a role may do, and session keys that are known in advance, for the emulator."""

import re

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.services import sts

# The keys of every assumed role's session. One function runs at a time, so one session is used.
ASSUMED = {"AWS_ACCESS_KEY_ID": "ASIAASSUMEDBYAPROBE0", "AWS_SECRET_ACCESS_KEY": "assumed-secret",
           "AWS_SESSION_TOKEN": "assumed-session"}

sts._gen_session_access_key = lambda: ASSUMED["AWS_ACCESS_KEY_ID"]
sts._gen_secret = lambda: ASSUMED["AWS_SECRET_ACCESS_KEY"]
sts._gen_session_token = lambda: ASSUMED["AWS_SESSION_TOKEN"]

resolve_condition_key = iam_evaluator._resolve_condition_key


def condition_key(key, context):
    """A role's session is the role to aws:PrincipalArn, which MiniStack takes for the session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    session = re.match(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/", context.principal_arn)
    if key.lower() == "aws:principalarn" and session:
        return "arn:{}:iam::{}:role/{}".format(*session.groups())
    return resolve_condition_key(key, context)


iam_evaluator._resolve_condition_key = condition_key


def may(role_arn, action, resource):
    """Tells whether a role's policies allow this, as MiniStack evaluates them."""
    role = parse_arn(role_arn)
    name = role.resource.rsplit("/", 1)[1]
    context = iam_evaluator.EvalContext(
        principal_arn=role_arn, principal_type="AssumedRole", principal_account=role.account_id,
        action=action, resource_arn=resource, region=parse_arn(resource).region)
    policies = iam_evaluator._gather_role_policies(name, role.account_id)
    return iam_evaluator.evaluate(context, policies).decision == "Allow"
