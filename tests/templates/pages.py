#!/usr/bin/env python3
"""Holds the pages to what they speak of, without running anything: each command in their code blocks,
and each name of a parameter, output or resource. `make pages` runs it by SAM's Python.

Commands of `sam` and `aws` are taken apart by those programs' own parsers, parameters are held to the
template that is deployed, the rest to the Makefile, the workspace and the module. At last faults are put
into pages, and each has to be found.
"""

import json
import logging
import os
import re
import subprocess
import sys

import page_programs
import page_samples
from page_commands import ROOT, Unreadable, commands, of_block
from page_faults import FAULTS
from page_stacks import Sam, Stacks

NAMES = ["docs/deploy.md", "docs/scale.md", "infra/terraform/README.md"]
NAME = re.compile(r"`([A-Z][a-z]+[A-Z]\w*)(?:=[^`]*)?`")
# Made by the code, so its files are those that its sentences tell to make.
TROUBLESHOOTING = "TROUBLESHOOTING.md"
INLINE = re.compile(r"`((?:sam|aws|make|cargo|terraform) [^`]+)`")
# A file that the reader writes: its name stands alone before its content.
WRITTEN = re.compile(r"^`([\w-]+\.\w+)`:$", re.M)
# What RDS says of a proxy.
OF_AWS = {"DefaultAuthScheme", "EngineFamily"}
OUTPUT = re.compile(r"OutputKey==['`]\"?(\w+)")
AWS = [str(ROOT / ".tools/clients/bin/python"), str(ROOT / "tests/templates/page_aws.py")]
# Nothing of the machine's own configuration, and a region to make sense of.
PLACE = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_CONFIG_FILE": os.devnull,
         "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


def pages():
    """Returns the names of all pages."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")),
             ROOT / "docs/recipes/README.md", ROOT / "db-users/README.md", ROOT / "emulator/README.md", ROOT / "infra/terraform/README.md", ROOT / "infra/cdk/README.md",
             ROOT / TROUBLESHOOTING]
    return [str(path.relative_to(ROOT)) for path in found]


def linked():
    """Yields each page that may have links, those without commands too, with its text."""
    folders = [ROOT / name for name in ("certs", "docs", "emulator", "db-users", "infra", "tests")]
    for path in [*ROOT.glob("*.md"), *(path for it in folders for path in it.rglob("*.md"))]:
        if "node_modules" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text()


class Check:
    """All that is found wrong with some pages."""

    def __init__(self, stacks):
        self.stacks, self.problems, self.asked, self.count = stacks, [], [], 0

    def note(self, command, problems):
        """Keeps what is wrong with a command."""
        self.problems += [f"{command.place}: {' '.join(command.words[:3])}: {problem}"
                          for problem in problems]

    def page(self, page, text):
        """Looks at each command of a page."""
        self.problems += page_samples.problems(page, text)
        made = set(WRITTEN.findall(text))
        if page == TROUBLESHOOTING:
            made |= set(re.findall(r"[a-z-]+\.json", text))
        for block in commands(page, text):
            sam = Sam(self.stacks)
            try:
                for command in block:
                    self.command(command, sam, made)
            except Unreadable as error:
                self.problems.append(str(error))
        for number, line in enumerate(text.splitlines(), 1):
            for inline in INLINE.findall(line):
                for command in of_block(page, [(number, inline)]):
                    self.command(command, Sam(self.stacks), made, False)

    def command(self, command, sam, made, whole=True):
        """Looks at one command. Inside a sentence it need not be whole."""
        self.count += 1
        program = command.words[0].rsplit("/", 1)[-1]
        made.update(command.writes)
        if command.words[:3] == ["aws", "lambda", "invoke"]:
            made.add(command.words[-1])
        if "/dev/stdout" in command.words + command.writes:
            self.note(command, ["/dev/stdout mixes two documents: write a file"])
        if program == "sam":
            self.note(command, sam.check(command, whole))
        elif program == "aws":
            self.asked.append((command, sorted(made), whole))
        else:
            sam.after_make(command)
            self.note(command, page_programs.check(command, self.stacks, whole))
        self.note(command, page_programs.files(command, made) if whole else [])

    def ask_aws(self):
        """Lets the AWS CLI take its commands apart, all at once."""
        asked = [{"words": command.words[1:], "made": made, "whole": whole}
                 for command, made, whole in self.asked]
        done = subprocess.run(AWS, input=json.dumps(asked), text=True, cwd=ROOT, check=True,
                              stdout=subprocess.PIPE, env={**os.environ, **PLACE})
        for (command, _, _), answer in zip(self.asked, json.loads(done.stdout), strict=True):
            self.note(command, answer["problems"])
            self.note(command, (f"no template has the output {name}"
                                for name in OUTPUT.findall(" ".join(command.words))
                                if name not in self.stacks.outputs))
            if answer["deployed"]:
                self.note(command, self.deployed(command.page, **answer["deployed"]))

    def deployed(self, page, template, stack, parameters, capabilities):
        """Yields what is wrong with what `aws cloudformation deploy` deploys."""
        given = dict(pair.split("=", 1) for pair in parameters if "=" in pair)
        yield from (f"{pair} is no NAME=VALUE" for pair in parameters if "=" not in pair)
        path = ROOT / template
        yield from self.stacks.deployment(path, (page, stack), given, capabilities, True)
        for name, resource in self.stacks.templates.get(path, {"Resources": {}})["Resources"].items():
            if resource["Type"] in ("AWS::CloudFormation::Stack", "AWS::Serverless::Function"):
                yield f"{name} is a local file, which `sam deploy` would upload"


def unknown_names(stacks):
    """Yields names in pages on deploying that no template has."""
    known = {name for it in stacks.templates.values()
             for section in ("Parameters", "Resources", "Outputs") for name in it.get(section, {})}
    for page in NAMES:
        for name in NAME.findall((ROOT / page).read_text()):
            if name not in known | OF_AWS:
                yield f"{page}: no template has {name}"


def looked_at(stacks, texts):
    """Returns what was found in these pages."""
    check = Check(stacks)
    for page, text in texts.items():
        check.page(page, text)
    check.ask_aws()
    return check


def main():
    """Ends with all that is wrong."""
    # SAM logs what its parser raises too.
    logging.getLogger("samcli").setLevel(logging.CRITICAL)
    stacks = Stacks()
    texts = {page: (ROOT / page).read_text() for page in pages()}
    check = looked_at(stacks, texts)
    changes = page_samples.not_in_place((ROOT / "docs/deploy.md").read_text())
    problems = [*check.problems, *unknown_names(stacks), *changes,
                *(it for page, text in linked() for it in page_samples.links(page, text))]
    faults = {f"fault {number}": block if block.startswith("```") else f"```sh\n{block}\n```\n"
              for number, (block, _) in enumerate(FAULTS, 1)}
    found = looked_at(stacks, faults).problems
    for (page, text), (_, said) in zip(faults.items(), FAULTS):
        if not any(problem.startswith(f"{page}:") and said in problem for problem in found):
            problems.append(f"{page} is not found ({said}): {text}"
                            f"{[it for it in found if it.startswith(f'{page}:')]}")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{check.count} commands in pages are right, and {len(FAULTS)} faults found")


if __name__ == "__main__":
    main()
