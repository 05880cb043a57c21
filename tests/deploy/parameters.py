"""The templates' parameters, read from the templates: which are required, and another value for
one.
"""

import functools
import re

from aws import ROOT
from deployment import Failed
from ministack.services.cloudformation.engine import CfnLoader
from yaml import load


@functools.cache
def of(template):
    """A template's parameters."""
    return load((ROOT / template).read_text(), CfnLoader)["Parameters"]


def required(template, known):
    """Returns the values of the parameters that have no default, as far as they are known."""
    return {name: known[name] for name, it in of(template).items()
            if "Default" not in it and name in known}


def defaults(template):
    """Returns the defaults of the parameters that have one."""
    return {name: str(it["Default"]) for name, it in of(template).items() if "Default" in it}


def accepts(parameter, value):
    """Tells whether a value fits a parameter's own constraints."""
    return bool(re.fullmatch(parameter.get("AllowedPattern", ".*"), value))


def another(template, name, present, candidates):
    """Returns another value for a parameter than the present one: of its allowed values, the next
    number, or the first candidate that fits it."""
    parameter = of(template)[name]
    if "AllowedValues" in parameter:
        values = map(str, parameter["AllowedValues"])
    elif parameter["Type"] == "Number":
        low, high = parameter.get("MinValue", 0), parameter.get("MaxValue", float("inf"))
        values = (str(it) for it in (float(present) + 1, float(present) - 1) if low <= it <= high)
        values = (it.removesuffix(".0") for it in values)
    else:
        values = (it for it in candidates if accepts(parameter, it))
    found = next((it for it in values if it != str(present)), None)
    if found is None:
        raise Failed(f"no other value is known for {name} of {template}: tests/deploy/cases.py "
                     "has the candidates")
    return found
