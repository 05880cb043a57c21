"""The steps of the scenarios. Each prints a line; one that fails also prints CloudFormation's
reason and the functions' log, and ends its scenario. The stacks are deleted in any case.
"""

import contextlib
import json
import threading
import traceback

import inventory
import parameters
from deployment import GONE, Failed, Stack

PRINTING = threading.Lock()
LOG_LINES = 20


def code_of(report):
    """What a report comes to: `healthy`, or the code of its diagnosis."""
    if not isinstance(report, dict) or "status" not in report:
        return f"no report: {report}"
    return report["diagnosis"]["code"] if report["diagnosis"] else report["status"]


class Scenario:
    """A run of steps in one or more accounts."""

    def __init__(self, name, accounts, record=None):
        self.name, self.accounts, self.record = name, accounts, record
        self.stacks, self.results, self.removals = [], [], []
        self.before, self.found = {}, {}

    def run(self, steps):
        """Runs the steps, deletes what they made, and returns whether each passed."""
        self.before = {it.number: inventory.of(it) for it in self.accounts}
        try:
            steps(self)
        except Failed:
            pass
        except Exception:  # A fault of the test's own does not hide how the others come out.
            self.say(False, "the scenario itself", traceback.format_exc())
        finally:
            self.take_down()
        return self.results

    def say(self, passed, step, reason=""):
        """Prints how a step came out."""
        self.results.append(passed)
        with PRINTING:
            print(f"{'ok  ' if passed else 'FAIL'} {self.name}: {step}", flush=True)
            for line in reason.splitlines() if not passed else []:
                print(f"     {line}", flush=True)

    def step(self, name, action):
        """Does one step, and returns what it returns."""
        for account in self.accounts:
            account.new_log_lines()
        try:
            done = action()
        except Failed as failure:
            logs = [line for it in self.accounts for line in it.new_log_lines()[-LOG_LINES:]]
            self.say(False, name, "\n".join([str(failure), *logs]))
            raise
        self.say(True, name)
        return done

    def known(self):
        """The outputs of the stacks and what `places` found. Parameters take their values from
        here, by name."""
        known = dict(self.found)
        for stack in self.stacks:
            known |= stack.outputs()
        return known

    def deploy(self, template, name, given=None, config_env="", account=0):
        """Makes a stack with `sam deploy`. A parameter without a default takes the known value
        of its name, and so does {NAME} in what is given."""
        stack = Stack(self.accounts[account], template, name, config_env)
        values = self.values(template, given or {})

        def create():
            self.adds(stack)
            return stack.create(values)
        printed = self.step(f"{name} is made from {template}", create)
        if self.record:
            self.record.deployed(stack.command(values), printed)
        return stack

    def values(self, template, given):
        """Returns a new stack's parameters, without those that are at their defaults."""
        known, defaults = self.known(), parameters.defaults(template)
        values = parameters.required(template, known)
        values |= {key: value.format_map(known) for key, value in given.items()}
        return {key: value for key, value in values.items() if defaults.get(key) != value}

    def invoke(self, stack, expected="healthy"):
        """Invokes a stack's probe by the command that the stack prints, and looks at the report."""
        def command():
            report, printed = stack.type_invocation()
            if code_of(report) != expected:
                raise Failed(f"expected {expected}\n{printed}")
            if not stack.logged(report["request_id"]):
                raise Failed("its log group has no line of it")
            return report, printed
        report, printed = self.step(f"{stack.name} reports {expected}", command)
        if self.record:
            self.record.invoked(stack.outputs()["InvokeCommand"], printed)
        return report

    def delete(self, stack):
        """Deletes a stack as a user does."""
        self.step(f"{stack.name} is deleted by sam delete", stack.delete_by_sam)

    def fails(self, template, name, given, reason):
        """Makes a stack that has to fail and be rolled back, for this reason."""
        stack = Stack(self.accounts[0], template, name)
        values = self.values(template, given)

        def create():
            self.adds(stack)
            try:
                stack.create(values)
            except Failed as failure:
                if stack.status() == "ROLLBACK_COMPLETE" and reason in str(failure):
                    return
                raise Failed(f"it is {stack.status()}: {failure}")
            raise Failed("it is made")
        self.step(f"{name} is rolled back for {reason}", create)

    @staticmethod
    def probe(stack, expected, changes=""):
        """Invokes a stack's probe, if it has one, and looks at the report."""
        if "FunctionName" in stack.outputs():
            report = stack.invoke()
            if code_of(report) != expected:
                raise Failed(f"{changes}: expected {expected}: {json.dumps(report)}")

    def adds(self, stack):
        """Registers a stack that is about to be made, for deletion at the end."""
        def remove():
            if stack.status() not in GONE:
                with contextlib.suppress(Failed):
                    self.step(f"{stack.name} is deleted", stack.delete)
        self.stacks.append(stack)
        self.removals.append(remove)

    def take_down(self):
        """Removes what was made, the last first, and looks at what is left."""
        for remove in reversed(self.removals):
            remove()
        left = {it.number: inventory.of(it) - self.before[it.number] for it in self.accounts}
        self.say(not any(left.values()), "nothing is left", str(left))
