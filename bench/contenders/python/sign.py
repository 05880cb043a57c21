"""Measures the time to sign a token: prints the microseconds of each batch as JSON."""

import json
import os
import sys
import time

import boto3

batches, size = map(int, sys.argv[1:])
host, port, user, region = (
    os.environ[name] for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_REGION"))
rds = boto3.client("rds", region_name=region)
micros = []
for _ in range(batches):
    begun = time.perf_counter_ns()
    for _ in range(size):
        rds.generate_db_auth_token(host, int(port), user)
    micros.append((time.perf_counter_ns() - begun) / 1000 / size)
print(json.dumps(micros))
