"""What a page's commands may be, program by program, but for `aws` and `sam`: verbs, options, variables
and files that are there. Each check yields what is wrong with one command.
"""

import re
from dataclasses import replace
from itertools import dropwhile, takewhile

from page_commands import ROOT

# What a build, an installation or a deployment makes.
MADE = ("target/", ".tools/", ".aws-sam/")
FILE = re.compile(r"(?:fileb?://)?((?:\.{1,2}/)?[a-z.][\w.-]*(?:/[\w.-]+)+/?|[\w-]+\.(?:js|json|env|yaml|py|rs|zip))")
RANGE = re.compile(r"[\d.]+/\d+")
# Programs of the machine and the script of CI, whose words are files or their own matter.
MACHINE = {"cat", "chmod", "curl", "date", "dig", "docker", "echo", "env", "eval", "export", "git", "grep",
           "jq", "kill", "kubectl", "lsof", "man", "node", "npm", "npx", "openssl", "pip", "printenv", "psql", "pytest",
           "python3", "rm", "sed", "sh", "sleep", "ssh", "tr", "tracepath", ".ci/run"}
# https://doc.rust-lang.org/cargo/commands/, https://www.cargo-lambda.info/commands/introduction.html
CARGO = {
    "install": {"--locked", "--path"},
    "build": {"--locked", "--release", "--workspace", "--package"},
    "run": {"--locked", "--release", "--package", "--example", "--bin", "--quiet"},
    "test": {"--locked", "--release", "--workspace", "--package", "--test", "--lib"},
    "fmt": {"--all", "--check"},
    "lambda watch": {"--invoke-port", "--invoke-address", "--env-file"},
    "lambda invoke": {"--data-ascii", "--data-file", "--data-example", "--invoke-port"},
}
# https://developer.hashicorp.com/terraform/cli/commands
TERRAFORM = {"init": {"-upgrade"}, "plan": {"-var", "-var-file"}, "destroy": {"-var", "-var-file"},
             "apply": {"-var", "-var-file"}, "output": {"-raw", "-json"}, "validate": set(),
             "test": set(), "fmt": {"-check"}}
MAKE = {"-s", "-k", "-n"}
SHORT = {"-p": "--package"}


def files(command, made):
    """Files that are neither in the repository nor made by a command before."""
    for word in command.words[1:] if command.words[0] != "rm" else []:
        match = FILE.fullmatch(word)
        if not match or RANGE.fullmatch(word):
            continue
        name = match[1]
        there = (command.folder / name).exists() or name in made or name.startswith(MADE)
        if not there:
            yield f"there is no file {name}"


def own(command):
    """A program that a build of this project makes."""
    name = command.words[0].rsplit("/", 1)[1]
    if name != "rds-proxy-emulator":
        yield f"{name} is none of the programs that are started by hand"
    known = set(re.findall(r"^\| `(--[a-z-]+)` \|", (ROOT / "docs/reference.md").read_text(), re.M))
    for word in takewhile(lambda word: word != "--exec", command.words[1:]):
        if word.startswith("--") and word.split("=")[0] not in known:
            yield f"docs/reference.md has no option {word}"


def command_line(command):
    """The probe as a command, with a command and options that the reference lists."""
    page = (ROOT / "docs/reference.md").read_text()
    page = page.split("\n## The command line\n")[1].split("\n## ")[0]
    words = takewhile(lambda word: word not in ("&&", "||"), command.words[1:])
    verb, *words = words
    if verb != "help" and not re.search(rf"^\| `{verb}[` ]", page, re.M):
        yield f"docs/reference.md has no command {verb}"
    known = set(re.findall(r"^\| `(--[a-z-]+)[` ]", page, re.M))
    for word in words:
        if word.startswith("--") and word.split("=")[0] not in known:
            yield f"docs/reference.md has no option {word}"


class Makefile:
    """The verbs of the Makefile, and the variables that each takes."""

    def __init__(self):
        text = (ROOT / "Makefile").read_text()
        self.rules = {}
        for match in re.finditer(r"^([a-z-]+):(?!=)(.*)\n((?:\t.*\n|#.*\n)*)", text, re.M):
            needs, recipe = self.rules.get(match[1], ([], ""))
            needs = needs + match[2].split("#")[0].split()
            self.rules[match[1]] = (needs, recipe + match[3])

    def takes(self, verb):
        """Returns the variables that the verb's recipe uses, and those of what it needs."""
        needs, recipe = self.rules.get(verb, ([], ""))
        found = set(re.findall(r"\$\(([A-Z_]+)\)", recipe))
        return found.union(*(self.takes(name) for name in needs))


def make(command, stacks):
    """A verb of the Makefile, with variables that it takes."""
    makefile = Makefile()
    given = dict(word.split("=", 1) for word in command.words[1:] if "=" in word)
    verbs = [word for word in command.words[1:] if "=" not in word and not word.startswith("-")]
    for option in command.words[1:]:
        if option.startswith("-") and "=" not in option and option not in MAKE:
            yield f"make has no option {option} that is used here"
    for verb in verbs:
        if verb not in makefile.rules:
            yield f"the Makefile has no verb {verb}"
    takes = set().union(*(makefile.takes(verb) for verb in verbs)) if verbs else set()
    for name, value in given.items():
        if name not in takes:
            yield f"make {' '.join(verbs)} does not take {name}"
        allowed = {"ARCHITECTURE": stacks.architectures, "CONFIG": set(stacks.config)}.get(name)
        if allowed and value not in allowed:
            yield f"{name} is one of {sorted(allowed)}"


def options(words, known):
    """The words that begin with a hyphen and are not known, up to the word `--`."""
    words = words[:words.index("--")] if "--" in words else words
    for word in words:
        name = SHORT.get(word, word.split("=")[0])
        if word.startswith("-") and name not in known:
            yield f"no option {word}"


def is_test_target(name):
    """Whether there is a folder for it, or Cargo.toml names its file."""
    listed = re.findall(r'^\[\[test\]\]\nname = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)
    return name in listed or (ROOT / "tests" / name / "main.rs").is_file()


def cargo(command):
    """Cargo with a package, an example and a test target of this workspace."""
    words = command.words[1:]
    name = " ".join(words[:2]) if words[:1] == ["lambda"] else " ".join(words[:1])
    if name not in CARGO:
        yield f"cargo {name} is not known here"
        return
    yield from options(words, CARGO[name])
    manifests = [ROOT / "Cargo.toml", *ROOT.glob("*/Cargo.toml")]
    packages = {re.search(r'^name = "(.*)"', path.read_text(), re.M)[1] for path in manifests}
    for option, value in zip(words, words[1:]):
        option = SHORT.get(option, option)
        if option == "--package" and value not in packages:
            yield f"there is no package {value}"
        if option == "--example" and not (ROOT / "examples" / f"{value}.rs").is_file():
            yield f"there is no example {value}"
        if option == "--test" and not is_test_target(value):
            yield f"there is no test target {value}"


def terraform(command):
    """Terraform in a folder that has its files, with variables and outputs that they declare."""
    text = "".join(path.read_text() for path in sorted(command.folder.glob("*.tf")))
    if not text:
        yield f"{command.folder.relative_to(ROOT)} has nothing for Terraform"
        return
    verb = command.words[1] if len(command.words) > 1 else ""
    if verb not in TERRAFORM:
        yield f"terraform {verb} is not known here"
        return
    yield from options(command.words[2:], TERRAFORM[verb])
    declared = {}
    for match in re.finditer(r'^variable "(\w+)" \{\n((?: .*\n|\n)*)\}', text, re.M):
        declared[match[1]] = "default" in match[2]
    pairs = list(zip(command.words, command.words[1:]))
    given = {value.split("=")[0] for option, value in pairs if option == "-var"}
    for name in sorted(given - declared.keys()):
        yield f"no variable {name} is declared"
    if verb in ("plan", "apply", "destroy"):
        for name in sorted(it for it, optional in declared.items() if not optional and it not in given):
            yield f"the variable {name} has no value"
    outputs = set(re.findall(r'^output "(\w+)"', text, re.M))
    for name in command.words[2:] if verb == "output" else []:
        if not name.startswith("-") and name not in outputs:
            yield f"no output {name} is declared"


def cd(command):
    """A change to a folder that is there."""
    if len(command.words) != 2 or not (command.folder / command.words[1]).is_dir():
        yield "there is no such folder"


def check(command, stacks, whole):
    """Yields what is wrong with a command of any program but `aws` and `sam`. One that is not whole is
    a name in a sentence."""
    program = command.words[0]
    if not whole and program in ("cargo", "terraform"):
        known = {"cargo": {it.split()[0] for it in CARGO}, "terraform": TERRAFORM}[program]
        if command.words[1] not in known:
            yield f"{program} {command.words[1]} is not known here"
        return
    if program == "make":
        yield from make(command, stacks)
    elif program in ("cargo", "terraform", "cd"):
        yield from {"cargo": cargo, "terraform": terraform, "cd": cd}[program](command)
    elif program == "rds-proxy-probe":
        yield from command_line(command)
    elif program.startswith("target/"):
        yield from own(command)
        executed = list(dropwhile(lambda word: word != "--exec", command.words))[1:]
        # What the reader fills in is in capitals.
        if executed and not executed[0].isupper():
            yield from check(replace(command, words=executed), stacks, whole)
    elif program not in MACHINE:
        yield f"{program} is not a program that pages use"
