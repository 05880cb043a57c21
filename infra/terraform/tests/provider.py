"""A stand-in for Terraform's AWS provider: it knows schema.json and nothing of AWS.

Terraform asks a provider for its schema to validate a module, and mocks it in `terraform test`.
That needs one message of Terraform's plugin protocol, version 6, which is written here by hand:
https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin6.proto
"""

import json
import os
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path

import grpc

SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text())
# Schema.NestedBlock.NestingMode
NESTING = {"struct": 1, "list": 2, "set": 3}


def varint(number):
    """An unsigned number, as protobuf writes it."""
    rest, low = number >> 7, number & 0x7F
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number, value):
    """One field of a message: a number or truth value, a text, or an inner message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def attribute(name, facts):
    """Schema.Attribute."""
    return (field(1, name) + field(2, json.dumps(facts["type"]))
            + field(4, facts["is"] == "required")
            + field(5, facts["is"] in ("optional", "filled in"))
            + field(6, facts["is"] in ("computed", "filled in")))


def nested(name, facts):
    """Schema.NestedBlock."""
    return (field(1, name) + field(2, block(facts)) + field(3, NESTING[facts["mode"]])
            + field(4, facts["required"] and facts["mode"] != "struct"))


def block(facts):
    """Schema.Block."""
    arguments = (field(2, attribute(*item)) for item in facts["attributes"].items())
    inner = (field(3, nested(*item)) for item in facts["blocks"].items())
    return b"".join([*arguments, *inner])


def entry(name, facts):
    """An entry of a map from a name to its Schema."""
    return field(1, name) + field(2, field(2, block(facts)))


def provider_schema():
    """GetProviderSchema.Response."""
    optional = {"type": "string", "is": "optional"}
    role = {"mode": "list", "required": False, "attributes": {"role_arn": optional}, "blocks": {}}
    own = {"attributes": {"region": optional}, "blocks": {"assume_role": role}}
    resources = (field(2, entry(*item)) for item in SCHEMA["resource"].items())
    data = (field(3, entry(*item)) for item in SCHEMA["data"].items())
    return b"".join([field(1, field(2, block(own))), *resources, *data])


# An empty message is a response without a complaint. Whatever else is asked is not implemented.
ANSWERS = {
    "GetProviderSchema": provider_schema,
    "ValidateProviderConfig": bytes,
    "ValidateResourceConfig": bytes,
    "ValidateDataResourceConfig": bytes,
}


@contextmanager
def serving(folder):
    """Answers Terraform on a socket in the folder; the value is the environment to run it in."""
    address = f"{folder}/provider.sock"
    server = grpc.server(futures.ThreadPoolExecutor())
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tfplugin6.Provider", {
        name: grpc.unary_unary_rpc_method_handler(lambda request, context, answer=answer: answer())
        for name, answer in ANSWERS.items()})])
    server.add_insecure_port(f"unix://{address}")
    server.start()
    attach = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True,
              "Addr": {"Network": "unix", "String": address}}
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({"registry.terraform.io/hashicorp/aws": attach})}
    finally:
        server.stop(grace=None).wait()
