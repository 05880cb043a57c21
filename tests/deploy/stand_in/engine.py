"""CloudFormation's engine: conditions, transforms, nested stacks, custom resources, and which
changed property replaces a resource.
"""

import contextvars
import copy
import functools
import json

import samtranslator.translator.transform as sam
import settings
from ministack.services.cloudformation import (_stacks, changesets, custom_resource, engine,
                                               handlers, provisioners, stacks)

MODULES = (changesets, engine, handlers, stacks)
SAM = "AWS::Serverless-2016-10-31"
BUCKET = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"


def decide_conditions(template, parameters):
    """Decides every condition. MiniStack's own compares functions, such as Fn::Join, unresolved."""
    defined, decided = template.get("Conditions", {}), {}

    def value(node):
        if not isinstance(node, dict) or len(node) != 1:
            return node
        [(function, operands)] = node.items()
        if function == "Condition":
            if operands not in decided:
                decided[operands] = value(defined[operands])
            return decided[operands]
        if function == "Fn::Equals":
            left, right = map(value, operands)
            return str(left) == str(right)
        if function == "Fn::Not":
            return not value(operands[0])
        if function in ("Fn::And", "Fn::Or"):
            return (all if function == "Fn::And" else any)(list(map(value, operands)))
        return engine._resolve_refs(node, {}, parameters, decided, template.get("Mappings", {}),
                                    "", "")

    for name in defined:
        value({"Condition": name})
    return decided


parse_template, resolve_parameters = engine._parse_template, engine._resolve_parameters


@functools.cache
def parsed(body):
    """A template of this text. Parsing takes longer than all else of an update."""
    return parse_template(body)


def parse_once(body):
    """A copy of a template that may have been parsed before."""
    return copy.deepcopy(parsed(body))


for module in MODULES:
    for name, replacement in (("_evaluate_conditions", decide_conditions),
                              ("_parse_template", parse_once)):
        if hasattr(module, name):
            setattr(module, name, replacement)

# ---- SAM's transform replaces references to parameters. MiniStack passes no values, so that each
# reference would be replaced by the default.
VALUES = contextvars.ContextVar("values of the template's parameters", default={})
apply_transforms, transform = engine._apply_transforms, sam.transform


def apply_with_values(template, provided=None, previous=None):
    """Applies the transforms of a template with its parameters' values."""
    values = engine._transform_parameters(template, provided, previous)
    lists = {name for name, it in template.get("Parameters", {}).items() if "List" in it["Type"]}
    VALUES.set({name: value.split(",") if name in lists else value
                for name, value in values.items()})
    return apply_transforms(template, provided, previous)


engine._apply_transforms = apply_with_values
for module in (changesets, handlers):
    module._apply_transforms = apply_with_values
sam.transform = lambda template, _, loader: transform(template, VALUES.get(), loader)

resolve_for_change_set = changesets._resolve_props_for_diff


def without_what_is_excluded(template, parameters, *names):
    """A change set is about the resources whose conditions hold."""
    resolved = resolve_for_change_set(template, parameters, *names)
    if resolved:
        holds = decide_conditions(template, parameters)
        resolved["Resources"] = {name: it for name, it in resolved["Resources"].items()
                                 if holds.get(it.get("Condition"), True)}
    return resolved


changesets._resolve_props_for_diff = without_what_is_excluded

# ---- Nested stacks


def resolve_nested(template, provided, *previous):
    """Puts a nested template through SAM's transform, and holds its parameters to its rules, which
    MiniStack does with templates that are given to it alone. Nested stacks alone ask for the values
    without the previous ones."""
    values = resolve_parameters(template, provided, *previous)
    if not previous:
        engine._evaluate_rules(template, values, decide_conditions(template, values))
        if SAM in engine.declared_transforms(template):
            transformed = apply_with_values(template, provided)
            template.clear()
            template.update(transformed)
    return values


engine._resolve_parameters = resolve_nested

NESTED = provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]
create_nested = NESTED["create"]


def create_or_roll_back(logical_id, properties, stack_name):
    """Takes down what a nested stack has made, if it fails; MiniStack leaves it."""
    try:
        return create_nested(logical_id, properties, stack_name)
    except Exception:
        for name, stack in list(_stacks.items()):
            if name.startswith(f"{stack_name}-{logical_id}-") and stack["_resources"]:
                NESTED["delete"](stack["StackId"], {})
        raise


NESTED["create"] = create_or_roll_back

update_resource = provisioners._update_resource


def update_and_keep_attributes(kind, physical_id, old, new, stack, logical_id=None, known=None):
    """Keeps the attributes of a nested stack's resource that does not change."""
    if known is None:
        resources = _stacks.get(stack, {}).get("_resources", {})
        known = resources.get(logical_id, {}).get("Attributes")
    if kind.startswith("Custom::") and old["ServiceToken"] != new["ServiceToken"]:
        raise ValueError("Modifying service token is not allowed.")
    return update_resource(kind, physical_id, old, new, stack, logical_id, known)


provisioners._update_resource = stacks._update_resource = update_and_keep_attributes


# ---- What is replaced, of types for which MiniStack does not know it
SERVICES = ("ApiGatewayV2", "CloudWatch", "EC2", "IAM", "Lambda", "Logs", "RAM", "RDS", "Scheduler",
            "SecretsManager")


def create_only():
    """Yields the properties whose change replaces a resource, by its provider's schema."""
    providers = json.loads((settings.SCHEMAS / "providers" / "us-east-1.json").read_text())
    for kind, name in providers.items():
        if kind.split("::")[1] in SERVICES and kind not in provisioners._REPLACING_PROPERTIES:
            schema = json.loads((settings.SCHEMAS / "resources" / f"{name}.json").read_text())
            paths = schema.get("createOnlyProperties", [])
            yield kind, tuple({path.split("/")[2] for path in paths})


provisioners._REPLACING_PROPERTIES.update(create_only())
# Whose given name keeps them from being replaced, which MiniStack does not know either:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
provisioners._CUSTOM_NAME_REPLACEMENT["AWS::EC2::SecurityGroup"] = {"name": "GroupName"}

# ---- Custom resources: nothing here takes as long as a function may
LONGEST_S = 30
invoke_custom_resource = custom_resource.invoke_custom_resource


def invoke_with_less_time(request_type, logical_id, properties, *rest, **options):
    """Does not wait ten minutes for a function that has failed."""
    properties = {**properties, "ServiceTimeout": LONGEST_S}
    return invoke_custom_resource(request_type, logical_id, properties, *rest, **options)


custom_resource.invoke_custom_resource = invoke_with_less_time

# ---- Where custom resources answer: the path is MiniStack's, the bucket CloudFormation's.
custom_resource._response_url = (
    lambda token: f"https://{BUCKET}/_ministack/cfn-response/{token}?Signature=s")
