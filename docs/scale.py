#!/usr/bin/env python3
"""The arithmetic of docs/scale.md and of the costs in docs/deploy.md.

    docs/scale.py            writes the tables into both pages
    docs/scale.py --check    ends with an error where a page has other tables

What was measured comes out of docs/pictures/run.json (tools/pictures.py says how) and
docs/performance/results.json (`make bench`); prices and limits stand here, each with its
source. The simulation is seeded, so it gives the same numbers every time.
"""

import json
import math
import random
import sys
from pathlib import Path
from statistics import mean

DOCS = Path(__file__).resolve().parent
RUN = DOCS / "pictures" / "run.json"
BENCHMARK = DOCS / "performance" / "results.json"

HOURS = 730  # of a month, as AWS counts it
MINUTES = HOURS * 60
GB = 1e9
SEED = 6

# US dollars in us-east-1. docs/deploy.md says where each was read, and when.
LAMBDA_GB_S = 0.0000133334  # arm64
LAMBDA_REQUEST = 0.20 / 1e6
SCHEDULER_INVOCATION, SCHEDULER_FREE = 1.00 / 1e6, 14e6
LOGS_GB, LOGS_GB_MONTH = 0.50, 0.03
METRIC_TIERS = [(10_000, 0.30), (250_000, 0.10), (1_000_000, 0.05), (math.inf, 0.02)]
ALARM, ANOMALY_ALARM, DASHBOARD = 0.10, 0.30, 3.00
NAT_HOUR, ENDPOINT_HOUR = 0.045, 0.01
PROXY_VCPU_HOUR, PROXY_ACU_HOUR, PROXY_LEAST_VCPU, PROXY_LEAST_ACU = 0.015, 0.015, 2, 8
ACU_HOUR, STORAGE_GB_MONTH, SECRET_MONTH, KEY_MONTH = 0.12, 0.10, 0.40, 1.00
# db.t4g.medium and gp3, one zone; an idle load balancer; Fargate's vCPU and GB; t4g.nano and gp3.
MYSQL_HOUR, MYSQL_GB_MONTH, BALANCER_HOUR = 0.065, 0.115, 0.0225
FARGATE_VCPU_HOUR, FARGATE_GB_HOUR, NANO_HOUR, DISK_GB_MONTH = 0.04048, 0.004445, 0.0042, 0.08

# What template.yaml makes for one probe with a schedule.
METRICS = 5 * 2  # five, each for the function and for function and endpoint
ALARMS, ANOMALY_ALARMS = 6, 1
SESSION_MAX_AGE_S, SESSION_IDLE_S = 300, 120
RETENTION_DAYS = 30

# A function has a whole processor at this much memory, and less in proportion:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
PROCESSOR_MB, MEMORY_MB = 1769, 128
ROUND_TRIP_S = 0.002  # assumed: there, through the proxy to the database, and back
PLATFORM_LOG_BYTES = 500  # assumed, for platform.start and platform.report

FLEETS = [1, 100, 10_000]
SCHEDULES = [1, 5, 15]  # minutes


def read(path, maker):
    """A file that another command writes."""
    if not path.is_file():
        sys.exit(f"{path.relative_to(DOCS.parent)} is missing: run {maker}")
    return json.loads(path.read_text())


def measured():
    """What the probes of the recorded run wrote, in bytes of log each."""
    run = read(RUN, "tools/pictures.py record")["probes"]
    contenders = read(BENCHMARK, "make bench")["contenders"]
    probe = next(each for each in contenders if each["name"] == "probe")
    return {
        "log_bytes": mean(each["log_bytes"] for each in run) + PLATFORM_LOG_BYTES,
        "kept_ms": billed_ms(probe, "kept", "warm"),
        "fresh_ms": billed_ms(probe, "fresh", "cold"),
    }


def billed_ms(probe, kind, way):
    """The milliseconds that Lambda charges for a probe: those of its time on a processor, of which
    it gets a share, and those of its round trips. It charges whole ones."""
    computing = probe[f"cpu_{kind}"]["median"] * PROCESSOR_MB / MEMORY_MB
    trips = probe["wire"]["found"][way]["round_trips"]
    return math.ceil(computing + trips * ROUND_TRIP_S * 1000)


def logins_an_hour(every):
    """A kept session is replaced after five minutes, or when it was idle for two."""
    if every * 60 >= SESSION_IDLE_S:
        return 60 / every
    return 3600 / SESSION_MAX_AGE_S


def metrics_month(number):
    """Custom metrics, by tiers."""
    cost, below = 0.0, 0
    for top, price in METRIC_TIERS:
        cost += max(0, min(number, top) - below) * price
        below = top
    return cost


def month(facts, endpoints, every):
    """What a fleet costs in a month, by what is charged. Free tiers are left out but one."""
    probes = endpoints * MINUTES / every
    fresh = logins_an_hour(every) * every / 60
    billed_s = (facts["fresh_ms"] * fresh + facts["kept_ms"] * (1 - fresh)) / 1000
    log_gb = probes * facts["log_bytes"] / GB
    return {
        "lambda": probes * (LAMBDA_REQUEST + billed_s * MEMORY_MB / 1024 * LAMBDA_GB_S),
        "scheduler": max(0.0, probes - SCHEDULER_FREE) * SCHEDULER_INVOCATION,
        "logs": log_gb * (LOGS_GB + LOGS_GB_MONTH * RETENTION_DAYS / 30),
        "metrics": metrics_month(endpoints * METRICS),
        "alarms": endpoints * (ALARMS * ALARM + ANOMALY_ALARMS * ANOMALY_ALARM),
        "dashboards": endpoints * DASHBOARD,
    }


def peak_logins(endpoints, every, window_s):
    """Most logins in one second of the second hour, all schedules having begun at once.

    Each probe starts anywhere in the window after its minute."""
    chance = random.Random(f"{SEED} {endpoints} {every} {window_s}")
    seconds = {}
    for _ in range(endpoints):
        signed_in = used = -math.inf
        for minute in range(0, 120, every):
            now = minute * 60 + chance.random() * window_s
            if now - signed_in >= SESSION_MAX_AGE_S or now - used >= SESSION_IDLE_S:
                signed_in = now
                if now >= 3600:
                    seconds[int(now)] = seconds.get(int(now), 0) + 1
            used = now
    return max(seconds.values())


def dollars(value):
    """Cents where they count."""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def number(value):
    """Three digits are enough."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def cases():
    """Each fleet with each schedule."""
    return [(endpoints, every) for endpoints in FLEETS for every in SCHEDULES]


def logins(_):
    """Logins a second: on average, and the peak with three ways of starting."""
    head = ["endpoints, every", "average a second", "peak, all in the same second",
            "peak, Scheduler's own 60 s", "peak, flexible window as long as the interval"]
    rows = []
    for endpoints, every in cases():
        average = endpoints * logins_an_hour(every) / 3600
        rows.append([f"{endpoints:,}, {every} min", number(average),
                     *(number(peak_logins(endpoints, every, window))
                       for window in (0, 60, every * 60))])
    return table(head, rows)


def costs(facts):
    """Dollars a month."""
    names = ["lambda", "scheduler", "logs", "metrics", "alarms", "dashboards"]
    rows = []
    for endpoints, every in cases():
        parts = month(facts, endpoints, every)
        rows.append([f"{endpoints:,}, {every} min", *(dollars(parts[name]) for name in names),
                     f"**{dollars(sum(parts.values()))}**"])
    return table(["endpoints, every", "Lambda", "Scheduler", "logs", "metrics", "alarms",
                  "dashboards", "total"], rows)


def limits(_):
    """How many probes fit into one account and region by default."""
    subnets = 2
    rows = [
        ("rules in one security group of a proxy", 60, 1,
         "vpc/latest/userguide/amazon-vpc-limits.html"),
        ("network interfaces of Lambda in a VPC", 250, subnets,
         "lambda/latest/dg/gettingstarted-limits.html"),
        ("roles in an account", 1000, 2,
         "IAM/latest/UserGuide/reference_iam-quotas.html"),
        ("reserved concurrency, 100 left unreserved", 900, 1,
         "lambda/latest/dg/configuration-concurrency.html"),
        ("alarms in a region", 5000, ALARMS + ANOMALY_ALARMS,
         "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"),
        ("stacks in a region", 2000, 1,
         "AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"),
    ]
    page = "https://docs.aws.amazon.com/"
    return table(["limit", "default", "one probe takes", "probes"],
                 [[f"[{what}]({page}{where})", f"{quota:,}", each, f"{quota // each:,}"]
                  for what, quota, each, where in rows])


def choices(facts):
    """The choices of a deployment, in dollars a month."""
    parts = month(facts, 1, 1)
    rows = [
        ("the probe, once a minute: Lambda arm64, 128 MB, and its schedule",
         parts["lambda"] + parts["scheduler"]),
        ("its log", parts["logs"]),
        (f"its {METRICS} metrics", parts["metrics"]),
        ("its seven alarms", parts["alarms"]),
        ("its dashboard", parts["dashboards"]),
        ("the probe without a schedule: metrics in hours without a probe cost nothing", 0),
        ("each interface endpoint, in two zones (`ServiceAccess=endpoints`)",
         2 * HOURS * ENDPOINT_HOUR),
        ("one NAT gateway (`WayOut=nat`), without traffic", HOURS * NAT_HOUR),
        ("a NAT gateway in each of three zones (`WayOut=nat-per-zone`)", 3 * HOURS * NAT_HOUR),
        ("a proxy before an instance of two vCPUs, the least",
         PROXY_LEAST_VCPU * HOURS * PROXY_VCPU_HOUR),
        ("a proxy before Serverless v2: eight ACUs, the least",
         PROXY_LEAST_ACU * HOURS * PROXY_ACU_HOUR),
        ("Aurora Serverless v2 at its least, 0.5 ACU (a proxy keeps it from pausing)",
         0.5 * HOURS * ACU_HOUR),
        ("the same with a reader (`Reader=true`)", 2 * 0.5 * HOURS * ACU_HOUR),
        ("a secret (each user with `AuthScheme=SECRETS`, and the master user)", SECRET_MONTH),
        ("a KMS key of your own (`KmsKeyArn`)", KEY_MONTH),
        ("10 GB of storage or of a snapshot that was kept, at most", 10 * STORAGE_GB_MONTH),
    ]
    mysql = HOURS * MYSQL_HOUR + 20 * MYSQL_GB_MONTH
    balancer = HOURS * BALANCER_HOUR
    tasks = 2 * HOURS * (0.25 * FARGATE_VCPU_HOUR + 0.5 * FARGATE_GB_HOUR)
    bastion = HOURS * NANO_HOUR + 8 * DISK_GB_MONTH
    rows += [
        ("RDS for MySQL, db.t4g.medium with 20 GB, in one zone", mysql),
        ("a load balancer without traffic", balancer),
        ("two Fargate tasks of 0.25 vCPU and 0.5 GB", tasks),
        ("a bastion, t4g.nano with 8 GB", bastion),
    ]
    probe = sum(parts.values()) - parts["dashboards"]
    aurora = (2 * probe + PROXY_LEAST_ACU * HOURS * PROXY_ACU_HOUR + 2 * 0.5 * HOURS * ACU_HOUR
              + 2 * 2 * HOURS * ENDPOINT_HOUR + bastion + SECRET_MONTH)
    with_application = (probe + PROXY_LEAST_VCPU * HOURS * PROXY_VCPU_HOUR + mysql + balancer + tasks
                        + 2 * HOURS * NAT_HOUR + bastion + SECRET_MONTH)
    rows += [("**Terraform's `postgresql-serverless-v2`**", aurora),
             ("**Terraform's `mysql-end-to-end-iam`**", with_application)]
    demo = (sum(parts.values()) + PROXY_LEAST_ACU * HOURS * PROXY_ACU_HOUR + 0.5 * HOURS * ACU_HOUR)
    rows.append(("**`infra/demo.yaml` with its defaults**", demo))
    return table(["choice", "$ a month"], [[what, dollars(cost)] for what, cost in rows])


PAGES = {
    "scale.md": {"logins": logins, "costs": costs, "limits": limits},
    "deploy.md": {"choices": choices},
}


def filled(text, name, content):
    """The page with this content between the marks of a table."""
    begin, end = f"<!-- {name}: written by docs/scale.py -->\n", "\n<!-- end -->"
    head, rest = text.split(begin)
    return head + begin + content + end + rest.split(end, 1)[1]


def main(check):
    """Writes the tables, or holds the pages to them."""
    facts = measured()
    for page, tables in PAGES.items():
        found = (DOCS / page).read_text()
        text = found
        for name, make in tables.items():
            text = filled(text, name, make(facts))
        if check and text != found:
            sys.exit(f"docs/{page} has other tables: run docs/scale.py")
        (DOCS / page).write_text(text)


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
