"""Runs lanes of steps side by side: within a lane one step after the other, each with a log."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

# How long a step that is stopped has to clean up after itself.
GRACE_S = 20


@dataclass(frozen=True)
class Step:
    """A command with a name, and what its environment has beyond ours."""

    name: str
    command: list
    environment: dict = field(default_factory=dict)


class Failed(Exception):
    """A step failed; the others have been stopped."""


def stop_like_ctrl_c(*_):
    """Turns SIGTERM into an exception, so that the steps are stopped."""
    raise KeyboardInterrupt


class Lanes:
    """Starts steps, prints their logs, and adds up their time."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.started, self.cpu_s = folder, time.monotonic(), 0.0
        self.lock, self.running = threading.Lock(), set()
        self.failure, self.stopped = None, False
        signal.signal(signal.SIGTERM, stop_like_ctrl_c)

    def total(self):
        """Says how long everything took until now."""
        return f"{time.monotonic() - self.started:.0f} s ({self.cpu_s:.0f} s of CPU time)"

    def run(self, *lanes):
        """Runs the lanes to their ends; raises what failed first."""
        ended = queue.SimpleQueue()
        threads = [threading.Thread(target=self._lane, args=(lane, ended)) for lane in lanes]
        for thread in threads:
            thread.start()
        try:
            for _ in threads:
                ended.get()
                if self.failure:
                    raise self.failure
        except BaseException:
            self._stop()
            raise
        finally:
            for thread in threads:
                thread.join()

    def _lane(self, steps, ended):
        """Runs one lane until a step fails, in this lane or another."""
        try:
            for step in steps:
                self._step(step)
                if self.stopped:
                    break
        except Exception as failure:  # such as a program that is not there
            self._fail(failure)
        ended.put(None)

    def _fail(self, failure):
        """Keeps the first failure."""
        self.failure = self.failure or failure
        self.stopped = True

    def _step(self, step):
        """Runs one step and prints its log, unless another failed before it ended."""
        path = self.folder / f"{step.name.replace(' ', '-')}.log"
        started = time.monotonic()
        with path.open("w") as log:
            process = self._start(step, log)
        if not process:
            return
        _, status, usage = os.wait4(process.pid, 0)
        with self.lock:
            self.running.discard(process)
            process.returncode = os.waitstatus_to_exitcode(status)
            if self.stopped:
                return
            cpu_s = usage.ru_utime + usage.ru_stime
            self.cpu_s += cpu_s
            took = f"{time.monotonic() - started:.0f} s ({cpu_s:.0f} s of CPU time)"
            ending = "took"
            if process.returncode != 0:
                ending = f"failed with status {process.returncode} after"
                self._fail(Failed(f"{step.name} failed"))
            print(f"=== {step.name}\n{path.read_text(errors='replace').rstrip()}\n"
                  f"=== {step.name} {ending} {took}", flush=True)

    def _start(self, step, log):
        """Starts a step in a session, so that all its processes can be stopped. Returns None if
        another has failed."""
        with self.lock:
            if self.stopped:
                return None
            process = subprocess.Popen(
                step.command, env={**os.environ, **step.environment}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            self.running.add(process)
            return process

    def _stop(self):
        """Stops every step that runs: first politely, then for certain."""
        with self.lock:
            self.stopped = True
            running = list(self.running)
        for process in running:
            self._signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while self.running and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in running:
            self._signal(process, signal.SIGKILL)

    @staticmethod
    def _signal(process, number):
        """Signals what is left of a step's session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
