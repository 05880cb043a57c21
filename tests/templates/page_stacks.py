"""What a page deploys: `sam` commands are taken apart by SAM's own parser, and the parameters of a
deployment are held to the template that it deploys, rules and capabilities included.
"""

import os
import re
from pathlib import Path

import click
import tomlkit
from samcli.cli.context import Context
from samcli.cli.main import cli

import cloudformation
from cloudformation import Evaluation, Refused, constraint_problems, is_list
from page_commands import ROOT

SERVERLESS = "AWS::Serverless-2016-10-31"
# The forms of AWS's own types of parameters.
IDS = {"AWS::EC2::VPC::Id": "vpc", "AWS::EC2::Subnet::Id": "subnet", "AWS::EC2::SecurityGroup::Id": "sg"}


class Stacks:
    """The templates of the repository, and samconfig.toml."""

    def __init__(self):
        paths = [ROOT / "template.yaml", *sorted(ROOT.glob("infra/*.yaml")),
                 *sorted(ROOT.glob("infra/*/*.yaml"))]
        self.templates = {path: cloudformation.load(path) for path in paths}
        self.config = tomlkit.parse((ROOT / "samconfig.toml").read_text())
        del self.config["version"]
        first = self.templates[ROOT / "template.yaml"]
        self.architectures = set(first["Parameters"]["Architecture"]["AllowedValues"])
        self.deployed = {}
        self.outputs = {name for it in self.templates.values() for name in it.get("Outputs", {})}

    def built(self, env):
        """Returns the template that is built with a part of samconfig.toml."""
        part = self.config.get(env, {}).get("build", {}).get("parameters", {})
        return ROOT / str(part.get("template_file", "template.yaml"))

    def nested(self, path):
        """Yields the templates of nested stacks."""
        for resource in self.templates[path]["Resources"].values():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                yield (path.parent / resource["Properties"]["TemplateURL"]).resolve()

    def capabilities(self, path):
        """Returns what CloudFormation wants to be told of this template. To tell it of a macro does no
        harm where it does not want to know.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
        """
        template, needed = self.templates[path], set()
        kinds = {it["Type"] for it in template["Resources"].values()}
        if any(kind.startswith("AWS::IAM::") or kind == "AWS::Serverless::Function" for kind in kinds):
            needed.add("CAPABILITY_IAM")
        if template.get("Transform", SERVERLESS) != SERVERLESS:
            needed.add("CAPABILITY_AUTO_EXPAND")
        for inner in self.nested(path):
            needed |= self.capabilities(inner)
            if "Transform" in self.templates[inner]:
                needed.add("CAPABILITY_AUTO_EXPAND")
        return needed

    def deployment(self, path, stack, given, capabilities, whole):
        """Yields what is wrong with a deployment. Unless it is whole, values may be missing. `stack` is
        the page and the stack's name: what an earlier deployment of it has set, an update keeps.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html
        """
        if path not in self.templates:
            yield f"there is no template {path}"
            return
        if whole:
            given = self.deployed.setdefault((*stack, path), {}) | given
            self.deployed[(*stack, path)] = given
        template = self.templates[path]
        parameters, name = template["Parameters"], path.relative_to(ROOT)
        for parameter, value in given.items():
            if parameter not in parameters:
                yield f"{name} has no parameter {parameter}"
                continue
            its = parameters[parameter]
            if not whole:
                yield from (f"{name}: {it}" for it in constraint_problems(parameter, its, value))
            prefix = IDS.get(its["Type"].removeprefix("List<").removesuffix(">"))
            for one in value.split(",") if is_list(its) else [value]:
                if prefix and not re.fullmatch(rf"{prefix}-[0-9a-f]+", one):
                    yield f"{name}: {parameter} is an id such as {prefix}-0123456789abcdef0"
        if whole:
            try:
                Evaluation(template, {key: it for key, it in given.items() if key in parameters})
            except Refused as refusal:
                yield f"{name}: {refusal}"
            for capability in sorted(self.capabilities(path) - set(capabilities)):
                yield f"{name} needs {capability}"


def parsed(words):
    """Returns SAM's name of the command and its parameters, as SAM takes the words apart."""
    command, name = cli, []
    context = click.Context(cli, info_name="sam", obj=Context())
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-"):
            raise click.UsageError("there is no command")
        name, word, words = [*name, words[0]], words[0], words[1:]
        command = command.get_command(context, word)
        if command is None:
            raise click.UsageError(f"sam has no command {' '.join(name)}")
    return " ".join(name), command.make_context(name[-1], list(words), parent=context).params


class Sam:
    """The `sam` commands of one block, in their order: what one has built, the next deploys."""

    def __init__(self, stacks):
        self.stacks, self.last = stacks, None

    def after_make(self, command):
        """Notes what `make build-sam` builds."""
        if "build-sam" in command.words:
            env = dict(word.split("=", 1) for word in command.words if "=" in word).get("CONFIG")
            self.last = self.stacks.built(env or "default")

    def check(self, command, whole=True):
        """Yields what is wrong with one command."""
        words = command.words[1:]
        try:
            os.chdir(ROOT)
            name, values = parsed(words)
        except click.ClickException as error:
            if whole or not error.message.startswith("Missing"):
                yield error.message
            return
        env = values.get("config_env") or "default"
        if env not in self.stacks.config:
            yield f"samconfig.toml has no part {env}"
            return
        said = any(word.split("=")[0] in ("-t", "--template", "--template-file") for word in words)
        path = Path(values["template_file"]) if said else self.stacks.built(env)
        if name in ("build", "validate"):
            if path not in self.stacks.templates:
                yield f"there is no template {path}"
            self.last = path
        given = {key: str(value) for key, value in (values.get("parameter_overrides") or {}).items()}
        if name == "deploy":
            if whole and not said and not self.last:
                yield "SAM deploys what was built last, and nothing is built in this block"
            yield from self.stacks.deployment(
                path if said or not self.last else self.last,
                (command.page, values.get("stack_name")), given,
                values.get("capabilities") or [], whole and not values.get("guided"))
