"""Lambda: each invocation is a cold start, so that it uses the role's policies of that moment, with
an emulator that runs as long as the invocation. One invocation runs at a time.
"""

import functools
import threading
import traceback

import behind_proxy
import identity
import network
import resource_types
import settings
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id
from ministack.services import lambda_svc

# What Lambda does for a function in a VPC, as its role:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
INTERFACES = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")
ANY_INTERFACE = "arn:aws:ec2:us-east-1:123456789012:network-interface/*"
ONE_AT_A_TIME = threading.Lock()
# A gate waits for minutes for what is still being made; here everything is ready at once.
LONGEST_S = 10
execute = lambda_svc._execute_function_provided_warm


def execute_behind_a_proxy(function, event, request_id):
    """Runs a function's binary once."""
    config = dict(function.get("config") or function)
    config["Timeout"] = min(config["Timeout"], LONGEST_S)
    variables = config["Environment"]["Variables"]
    sessions = [(config["Role"], lambda_runtime.execution_credentials(config))]
    assumed = variables.get("DB_ASSUME_ROLE_ARN")
    if assumed:
        sessions.append((assumed, identity.ASSUMED))
    user = variables.get("DB_USER") or "unknown"
    vpc = config["VpcConfig"]
    caller = network.Place(vpc["SecurityGroupIds"], vpc["SubnetIds"])
    account, region = lambda_runtime._account_region_from_function_config(config)
    # A rollback deletes the log group; this file stays.
    with open(settings.WORK / f"functions-{account}.log", "a") as log:
        print(f"--- {config['FunctionName']}", file=log)
        try:
            with ONE_AT_A_TIME, behind_proxy.open_for(
                    variables["DB_HOST"], user, sessions, caller):
                result = execute({**function, "config": config}, event, request_id)
                lambda_runtime.invalidate_worker(config["FunctionName"], account=account,
                                                 region=region)
        except Exception:
            traceback.print_exc(file=log)
            raise
        print(result.get("log", ""), file=log)
    return result


lambda_svc._execute_function_provided_warm = execute_behind_a_proxy


def check_function(properties):
    """Raises Lambda's refusal of a function in a VPC whose role lacks the permissions for that."""
    for action in INTERFACES if "VpcConfig" in properties else []:
        if not identity.may(properties["Role"], f"ec2:{action}", ANY_INTERFACE):
            raise ValueError("The provided execution role does not have permissions to call "
                             f"{action} on EC2 (Service: InvalidParameterValueException)")


def place(name, properties):
    """Stores a function's VpcConfig, which MiniStack's CloudFormation drops."""
    config = lambda_svc._functions[name]["config"]
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    return {}


resource_types.more_attributes("AWS::Lambda::Function", place)
resource_types.checked("AWS::Lambda::Function", check_function)

write_logs = lambda_svc._emit_lambda_logs


def write_allowed_logs(function, *arguments, **options):
    """Writes a function's log only if its role allows that, which MiniStack does not check."""
    config = function.get("config") or function
    account, region = lambda_runtime._account_region_from_function_config(config)
    group = config["LoggingConfig"]["LogGroup"]
    stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:stream"
    if all(identity.may(config["Role"], f"logs:{action}", stream)
           for action in ("CreateLogStream", "PutLogEvents")):
        write_logs(function, *arguments, **options)


lambda_svc._emit_lambda_logs = write_allowed_logs

# Every invocation logs something; on a busy machine it arrives late.
lambda_runtime.ProvidedWorker._drain_stderr_bounded = functools.partialmethod(
    lambda_runtime.Worker._drain_stderr_bounded, first_line_wait=5, idle_confirm=0.02, hard_cap=5)

invalidate_worker = lambda_svc.invalidate_worker


def invalidate_own_worker(name, qualifier=None, account=None, region=None):
    """Ends a function's environments, but not those of another account's function of that name."""
    invalidate_worker(name, qualifier, account or get_account_id(), region)


lambda_svc.invalidate_worker = invalidate_own_worker

worker_environment = lambda_svc._provided_worker_env


def environment(config, folder, port):
    """The variables of Lambda and of the template, and DB_CA_FILE for the emulator's
    certificate."""
    found = {**worker_environment(config, folder, port), "AWS_LAMBDA_LOG_FORMAT": "JSON"}
    if behind_proxy.CA_FILE.is_file():
        found["DB_CA_FILE"] = str(behind_proxy.CA_FILE)
    return found


lambda_svc._provided_worker_env = environment
