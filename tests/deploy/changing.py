"""Changes each parameter of a stack alone and back again, as cases.py says."""

import contextlib

import cases
import parameters
from deployment import Failed


def each_parameter(it, stack, base=None, watched=None):
    """Changes a stack to the base, and then each of its parameters alone and back again. The probe
    that is invoked then is its own, or that of another stack."""
    watched = watched or stack
    if base:
        it.step(f"{stack.name} is changed to {base}", lambda: stack.update(base))
        it.probe(watched, cases.HEALTHY)
    for name in parameters.of(stack.template):
        with contextlib.suppress(Failed):
            it.step(f"{stack.name}: {name} alone", lambda: change(it, stack, name, watched))
        if not stack.status().endswith("_COMPLETE"):
            break  # CloudFormation changes nothing more of it.


def change(it, stack, name, watched):
    """Changes one parameter, with what the table says to go with it, and back again."""
    known = it.known()
    case = cases.CHANGES.get(stack.template, {}).get(name, cases.Change())
    present = {one["ParameterKey"]: one["ParameterValue"]
               for one in stack.description()["Parameters"]}
    candidates = [one.format_map(known) for one in cases.CANDIDATES
                  if one[0] != "{" or one[1:-1] in known]
    value = case.value
    if value is None:
        value = parameters.another(stack.template, name, present[name], candidates)
    changes = {key: one.format_map(known) for key, one in {**case.alongside, name: value}.items()}
    if case.refused:
        refuse(stack, changes, case.refused)
    else:
        stack.update(changes)
        try:
            it.probe(watched, case.reports, changes)
        finally:
            stack.update({key: present[key] for key in changes})
    it.probe(watched, cases.HEALTHY)


def refuse(stack, changes, reason):
    """Changes a stack, which is to be refused, or rolled back, for a reason."""
    try:
        stack.update(changes)
    except Failed as failure:
        if reason in str(failure):
            return
        raise Failed(f"{changes}: expected {reason!r}: {failure}")
    raise Failed(f"{changes}: expected {reason!r}, and it is changed")
