"""The module that Lambda gives to Python code that stands in a template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
"""

import json
import urllib.request

SUCCESS, FAILED = "SUCCESS", "FAILED"


def send(event, context, status, data, physical_id=None, no_echo=False, reason=None):
    """Answers CloudFormation."""
    stream = context.log_stream_name
    answer = {
        "Status": status, "Reason": reason or f"See the details in CloudWatch Log Stream: {stream}",
        "PhysicalResourceId": physical_id or stream, "NoEcho": no_echo, "Data": data,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(),
                                     {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request).close()
