"""Runs the AWS CLI with its clock set back by the seconds in the first argument.

    aws_at.py SECONDS ARGUMENT...

The CLI has no option for the time that it signs with, and an expired token whose
date was edited afterwards would prove nothing: its signature would be wrong too.
"""

import datetime
import sys
from unittest import mock

import botocore.auth
import botocore.compat
from awscli.clidriver import main

AGE = datetime.timedelta(seconds=int(sys.argv.pop(1)))


def then():
    """The time that botocore is to sign with."""
    return botocore.compat.get_current_datetime() - AGE


if __name__ == "__main__":
    with mock.patch.object(botocore.auth, "get_current_datetime", then):
        sys.exit(main())
