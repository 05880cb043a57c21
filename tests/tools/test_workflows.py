"""GitHub's workflows, as far as they can be checked without GitHub."""

import re
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".github" / "workflows"


class Workflows(unittest.TestCase):
    """Each test goes through all of them."""

    def setUp(self):
        # YAML 1.1, which PyYAML reads, takes the key `on` for true.
        self.workflows = {path.name: yaml.safe_load(path.read_text())
                          for path in sorted(FOLDER.glob("*.yml"))}
        self.steps = [step for workflow in self.workflows.values()
                      for job in workflow["jobs"].values() for step in job["steps"]]

    def test_they_are_those_of_a_change_and_of_a_release(self):
        self.assertEqual(list(self.workflows), ["ci.yml", "release.yml"])
        self.assertEqual(self.workflows["release.yml"][True], {"push": {"tags": ["v*"]}})

    def test_every_action_is_pinned_by_its_commit(self):
        for step in self.steps:
            if "uses" in step:
                self.assertRegex(step["uses"], r"^[\w-]+/[\w-]+@[0-9a-f]{40}$")

    def test_no_job_may_more_than_it_needs(self):
        for name, workflow in self.workflows.items():
            self.assertEqual(workflow["permissions"], {"contents": "read"}, name)
            for key, job in workflow["jobs"].items():
                wanted = {"contents": "write"} if key == "publish" else None
                self.assertEqual(job.get("permissions"), wanted, f"{name}: {key}")

    def test_no_text_of_githubs_gets_into_a_script(self):
        for step in self.steps:
            self.assertNotIn("${{", step.get("run", ""))

    def test_what_they_run_is_there(self):
        verbs = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.M))
        scripts = [step["run"] for step in self.steps if "run" in step]
        for script in scripts:
            self.assertEqual(set(re.findall(r"\bmake ([a-z-]+)", script)) - verbs, set())
        self.assertTrue((ROOT / ".ci" / "run").stat().st_mode & 0o100)
        for workflow in self.workflows:
            self.assertIn(".ci/run", (FOLDER / workflow).read_text())


if __name__ == "__main__":
    unittest.main()
