"""How .ci/run runs its steps: what is printed, and that the first failure ends everything."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import ci  # noqa: E402
from lanes import Failed, Lanes, Step  # noqa: E402


def shell(name, script, **environment):
    """Returns a step that is a shell's script."""
    return Step(name, ["sh", "-c", script], environment)


class LanesTest(unittest.TestCase):
    """Each test has a folder for the logs, and for pipes by which steps wait for each other."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.lanes = Lanes(self.folder / "logs")
        self.pipe = self.folder / "pipe"
        os.mkfifo(self.pipe)

    def run_lanes(self, *lanes):
        """Runs lanes and returns the lines that are printed, and the failure."""
        failure = None
        with contextlib.redirect_stdout(io.StringIO()) as out:
            try:
                self.lanes.run(*lanes)
            except Failed as failed:
                failure = str(failed)
        return out.getvalue().splitlines(), failure

    def test_lanes_run_side_by_side_and_steps_one_after_the_other(self):
        # Each lane's step ends only if the other's runs.
        lines, failure = self.run_lanes(
            [shell("writer", f"echo hello >{self.pipe}"), shell("last", "echo last")],
            [shell("reader", f"cat {self.pipe}")])
        self.assertIsNone(failure)
        self.assertIn("hello", lines)
        self.assertLess(lines.index("=== writer"), lines.index("=== last"))

    def test_a_steps_log_is_printed_in_one_piece_with_its_time(self):
        lines, _ = self.run_lanes([shell("one", "echo out; echo err >&2")])
        self.assertEqual(lines[:3], ["=== one", "out", "err"])
        self.assertRegex(lines[3], r"^=== one took \d+ s \(\d+ s of CPU time\)$")

    def test_a_failure_stops_the_other_lane_and_is_the_last_thing_printed(self):
        # The second lane's step would wait forever, and its child too.
        mark = self.folder / "stopped"
        waits = f"trap 'touch {mark}; exit 1' TERM; echo go >{self.pipe}; cat {self.pipe} & wait"
        lines, failure = self.run_lanes(
            [shell("fails", f"cat {self.pipe}; echo the reason; exit 3"), shell("never", "echo 1")],
            [shell("waits", waits), shell("never either", "echo 2")])
        self.assertEqual(failure, "fails failed")
        self.assertEqual(lines[:3], ["=== fails", "go", "the reason"])
        self.assertRegex(lines[3], "^=== fails failed with status 3 after ")
        self.assertEqual(len(lines), 4, lines)
        self.assertTrue(mark.exists(), "it had the time to clean up")

    def test_a_step_has_its_own_environment(self):
        lines, _ = self.run_lanes([shell("one", "echo $A", A="given"), shell("two", "echo =$A=")])
        self.assertIn("given", lines)
        self.assertIn("==", lines)

    def test_a_program_that_is_not_there_is_a_failure(self):
        with self.assertRaises(FileNotFoundError):
            self.lanes.run([Step("none", ["/nonexistent"])])


class Steps(unittest.TestCase):
    """The steps of .ci/run."""

    def test_every_verb_that_tests_is_a_step(self):
        makefile = (ROOT / "Makefile").read_text()
        steps = {step.name for lanes in ci.PHASES for lane in lanes for step in lane}
        [lint] = [line for line in makefile.splitlines() if line.startswith("lint:")]
        wanted = set(lint.split("##")[0].split()[1:])
        wanted |= {"test", "test-clients", "demo-check", "test-deploy", "build-sam", "test-build"}
        self.assertEqual(wanted - steps, set())

    def test_a_step_that_there_is_not_is_named(self):
        self.assertIn("no step is named nothing; there are: fmt, ", ci.main(["nothing"]))


if __name__ == "__main__":
    unittest.main()
