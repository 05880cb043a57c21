"""Stacks in an account: made by `sam deploy`, changed, invoked, deleted; and what went wrong."""

import dataclasses
import datetime
import json
import shlex
import subprocess
import time

import boto3
from botocore.config import Config

from aws import REGION
from project import Project

WAIT_S = 120
# How a stack is that is there no more.
GONE = ("", "DELETE_COMPLETE")
EPOCH = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


class Failed(Exception):
    """A step did not come out as it should, for this reason."""


class Account:
    """An account, in which commands are typed and its services are asked."""

    def __init__(self, aws, packed, number):
        self.number, self.work = number, aws.work
        self.project = Project(aws.work / f"project-{number}", packed)
        self.environment = aws.environment(number)
        self.certificate = str(aws.certificate)
        self.function_log = aws.work / f"functions-{number}.log"
        self.clients, self.lines_seen = {}, 0

    def client(self, service):
        """A client of one of AWS's services."""
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service, region_name=REGION, aws_access_key_id=self.number,
                aws_secret_access_key="test", verify=self.certificate,
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1},
                              read_timeout=WAIT_S))
        return self.clients[service]

    def new_log_lines(self):
        """What functions have logged since this was asked last."""
        if not self.function_log.is_file():
            return []
        lines = self.function_log.read_text().splitlines()
        seen, self.lines_seen = self.lines_seen, len(lines)
        return lines[seen:]

    def type(self, command, check=True):
        """Runs a command line as it would be typed in the project's folder; returns its output."""
        done = subprocess.run(
            command, shell=True, cwd=self.project.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=WAIT_S)
        if check and done.returncode != 0:
            raise Failed(f"$ {command}\n{done.stdout}")
        return done.stdout


@dataclasses.dataclass
class Stack:
    """A stack of one of the project's templates."""

    account: Account
    template: str
    name: str
    # A part of samconfig.toml, which names the stack too.
    config_env: str = ""
    # When what is under way, or was last, began.
    began: datetime.datetime = EPOCH
    # Where its template is for updates, once it was changed.
    url: str = ""

    def command(self, parameters):
        """The command line that makes it."""
        overrides = [f"{name}={shlex.quote(str(value))}" for name, value in parameters.items()]
        if self.config_env:
            words = [f"sam deploy --config-env {self.config_env}"]
        else:
            words = [f"sam deploy --template {self.template} --stack-name {self.name}",
                     f"--resolve-s3 --capabilities {' '.join(CAPABILITIES)}"]
        if overrides:
            words.append("--parameter-overrides " + " ".join(overrides))
        return " ".join([*words, "--no-confirm-changeset"])

    def create(self, parameters):
        """Makes it; returns what SAM printed."""
        if self.config_env:
            self.account.project.build(self.template)
        command = self.command(parameters)
        printed = self.account.type(command, check=False)
        if self.status() != "CREATE_COMPLETE":
            last = "\n".join(printed.splitlines()[-5:])
            raise Failed(f"$ {command}\n{self.reasons() or last}")
        return printed

    def description(self):
        """What CloudFormation says of it."""
        client = self.account.client("cloudformation")
        return client.describe_stacks(StackName=self.name)["Stacks"][0]

    def status(self):
        """How it is, or an empty text where there is none."""
        try:
            return self.description()["StackStatus"]
        except self.account.client("cloudformation").exceptions.ClientError:
            return ""

    def outputs(self):
        """Its outputs."""
        return {it["OutputKey"]: it["OutputValue"] for it in self.description()["Outputs"]}

    def update(self, changes):
        """Changes some parameters and leaves the others as they are. The template is given
        again, as by SAM: the transform's outcome holds the values of the parameters."""
        client = self.account.client("cloudformation")
        self.began = datetime.datetime.now(datetime.timezone.utc)
        parameters = [
            {"ParameterKey": name, "ParameterValue": str(changes[name])} if name in changes
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in (it["ParameterKey"] for it in self.description()["Parameters"])]
        try:
            client.update_stack(StackName=self.name, TemplateURL=self.template_url(),
                                Parameters=parameters, Capabilities=CAPABILITIES)
        except client.exceptions.ClientError as error:
            raise Failed(str(error))
        if (status := self.settled()) != "UPDATE_COMPLETE":
            raise Failed(f"it is {status}\n{self.reasons()}")

    def template_url(self):
        """Puts the template that SAM has uploaded beside it in the bucket, and returns where."""
        if not self.url:
            body = self.account.client("cloudformation").get_template(
                StackName=self.name, TemplateStage="Original")["TemplateBody"]
            s3 = self.account.client("s3")
            bucket = s3.list_buckets()["Buckets"][0]["Name"]
            s3.put_object(Bucket=bucket, Key=f"{self.name}.template", Body=body)
            self.url = f"https://s3.{REGION}.amazonaws.com/{bucket}/{self.name}.template"
        return self.url

    def settled(self):
        """Waits until nothing is under way any more, and returns how it is."""
        until = time.monotonic() + WAIT_S
        while (status := self.status()).endswith("IN_PROGRESS"):
            if time.monotonic() > until:
                raise Failed(f"it is still {status}")
            time.sleep(0.02)
        return status

    def delete(self):
        """Deletes it. `sam delete` would look again after 30 s only, if that takes its time."""
        self.account.client("cloudformation").delete_stack(StackName=self.name)
        if (status := self.settled()) not in GONE:
            raise Failed(f"it is {status}\n{self.reasons()}")

    def delete_by_sam(self):
        """Deletes it as a user does."""
        self.account.type(f"sam delete --stack-name {self.name} --no-prompts")
        if (status := self.status()) not in GONE:
            raise Failed(f"it is {status}\n{self.reasons()}")

    def reasons(self):
        """What CloudFormation says of what failed, in it and its nested stacks."""
        return "\n".join(dict.fromkeys(
            "{StackName} {LogicalResourceId}: ".format(**it) + it.get("ResourceStatusReason", "")
            for it in self.events()
            if it["ResourceStatus"].endswith("FAILED") and it["Timestamp"] >= self.began))

    def events(self):
        """All events of it and its nested stacks, the oldest first."""
        client = self.account.client("cloudformation")
        found, names = [], [self.name] if self.status() else []
        while names:
            events = client.describe_stack_events(StackName=names.pop())["StackEvents"]
            found += events
            names += {it["PhysicalResourceId"] for it in events
                      if it["ResourceType"] == "AWS::CloudFormation::Stack"
                      and it.get("PhysicalResourceId") not in (None, "", it["StackId"])}
        return sorted(found, key=lambda it: it["Timestamp"])

    def resources(self, kind):
        """The physical ids of its resources of a type, and of those of its nested stacks."""
        client = self.account.client("cloudformation")
        found, names = [], [self.name]
        while names:
            for it in client.describe_stack_resources(StackName=names.pop())["StackResources"]:
                if it["ResourceType"] == kind:
                    found.append(it["PhysicalResourceId"])
                if it["ResourceType"] == "AWS::CloudFormation::Stack":
                    names.append(it["PhysicalResourceId"])
        return found

    def invoke(self, event=None):
        """Invokes its probe; returns the report."""
        answer = self.account.client("lambda").invoke(
            FunctionName=self.outputs()["FunctionName"], Payload=json.dumps(event or {}))
        return json.loads(answer["Payload"].read())

    def logged(self, request_id):
        """Tells whether the log group of its probe has the lines of an invocation."""
        [group] = self.account.client("lambda").get_function_configuration(
            FunctionName=self.outputs()["FunctionName"])["LoggingConfig"]["LogGroup"],
        events = self.account.client("logs").filter_log_events(logGroupName=group)["events"]
        return any(f'"requestId":"{request_id}"' in it["message"] for it in events)

    def type_invocation(self):
        """Invokes its probe by the command that is one of its outputs; returns the report and all
        that is printed."""
        # jq may not be on the machine, and would print the report as it stands here.
        command, _, file = self.outputs()["InvokeCommand"].partition(" && jq . ")
        answered = self.account.type(command)
        report = json.loads((self.account.project.folder / file).read_text())
        return report, answered + json.dumps(report, indent=2)
