"""Runs the probe against the emulator and keeps what it logged, for the dashboard's picture.

One probe a second stands for one a minute: a kept session is replaced after five of them. The
emulator refuses one login and hangs twice (SIGSTOP), the second time until the end, so that the
picture has an alarm.
"""

import json
import signal
import subprocess
import time

from local import build, emulator_process, install, running, say
from runtime_api import RuntimeApi, environment

PROBES = 60
HANGS = [range(24, 29), range(53, PROBES)]
REFUSED_LOGIN = 4
ABOUT = (f"Data: {PROBES} probes, each for one minute, against the emulator with a real PostgreSQL; "
         "it refused one login and hung twice.")


def kept(lines):
    """What the picture and the costs need of the two lines of an invocation."""
    lines = sorted(lines, key=lambda line: '"_aws"' not in line)
    metric, summary = map(json.loads, lines)
    directives = metric["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return {
        "metrics": {each["Name"]: metric[each["Name"]] for each in directives},
        "status": summary["status"], "code": summary["diagnosisCode"], "step": summary["step"],
        "message": summary["message"], "log_bytes": sum(len(line) for line in lines),
    }


def record():
    """Makes the run, as JSON."""
    programs, probes = build(), []
    arguments = ["--fault", f"iam-throttled:{REFUSED_LOGIN}"]
    with (emulator_process(programs, install("postgres"), arguments) as (child, exports),
          RuntimeApi() as api):
        function = {**environment(api, programs), **exports,
                    "DB_SESSION_MAX_AGE_S": "5", "PROBE_TIMEOUT_MS": "500"}
        with running("the function", [programs / "probe"], function,
                     stdout=subprocess.PIPE) as process:
            for number in range(PROBES):
                if any(number == hang.start for hang in HANGS):
                    child.send_signal(signal.SIGSTOP)
                if any(number == hang.stop for hang in HANGS):
                    child.send_signal(signal.SIGCONT)
                api.events.put(b"{}")
                api.posted.get()
                probes.append(kept([process.stdout.readline(), process.stdout.readline()]))
                say(f"probe {number}: {probes[-1]['status']}")
                time.sleep(1)
        # A stopped process does not end when it is asked to.
        child.send_signal(signal.SIGCONT)
    return json.dumps({"about": ABOUT, "probes": probes}, indent=1) + "\n"
