"""Calls to MiniStack's services from inside, with the Query protocol's parameters, so that the
services' own checks apply:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
"""

import re


def parameters(properties, prefix="", member=""):
    """Writes properties as parameters: `Auth.member.1.SecretArn` with `.member` as the member."""
    found = {}
    for name, value in properties.items():
        key = prefix + name
        if isinstance(value, dict):
            found |= parameters(value, f"{key}.", member)
        elif isinstance(value, list):
            for number, one in enumerate(value, 1):
                place = f"{key}{member}.{number}"
                found |= (parameters(one, f"{place}.", member) if isinstance(one, dict)
                          else {place: [text(one)]})
        else:
            found[key] = [text(value)]
    return found


def text(value):
    """Writes a value as the protocol does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def call(service, action, properties, member=""):
    """Returns a service's answer, or raises what it refuses as CloudFormation would show it."""
    status, _, body = service._ACTION_MAP[action](parameters(properties, member=member))
    answer = body.decode() if isinstance(body, bytes) else body
    if status >= 300:
        raise ValueError(f"{element(answer, 'Message')} (Service: {element(answer, 'Code')})")
    return answer


def element(answer, name):
    """Returns what the first element of this name holds."""
    return re.search(rf"<{name}>(.*?)</{name}>", answer, re.DOTALL)[1]
