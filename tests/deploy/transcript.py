"""The commands and output of one deployment, shortened: docs/pictures/deployment.txt, from which
tools/pictures.py draws the README's picture.
"""

ABOUT = "Recorded by make test-deploy DEPLOY=--record, on a stand-in for AWS."
# Where SAM's outputs begin; what comes before is events.
OUTPUTS = "CloudFormation outputs from deployed stack"
LEFT_OUT = "..."


class Transcript:
    """Lines of a terminal."""

    def __init__(self):
        self.lines = []

    def deployed(self, command, printed):
        """Keeps the end of what SAM printed, without the descriptions."""
        lines = [line.rstrip() for line in printed.splitlines()]
        shown = [line for line in lines[lines.index(OUTPUTS) + 1:]
                 if line and not line.startswith(("Description", "---", "Outputs"))]
        self.lines += [f"$ {command}", LEFT_OUT, OUTPUTS, *shown, ""]

    def invoked(self, command, printed):
        """Keeps what the AWS CLI printed."""
        self.lines += [f"$ {command}", *printed.rstrip().splitlines()]

    def text(self):
        """The file's text: what it is, and the lines."""
        return "\n".join([ABOUT, *self.lines, ""])
