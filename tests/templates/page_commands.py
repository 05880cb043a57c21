"""Reads the shell commands out of a page's code blocks: as shlex takes them apart, each with its line
and with the folder that a `cd` before it in the block leads to.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OPENS = re.compile(r"^\s*```(sh|bash|shell|console)$")
CLOSES = re.compile(r"^\s*```$")
# What may stand before a command.
KEYWORDS = {"until", "while", "if", "then", "else", "do", "!"}
ENDS = {"done", "fi"}
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class Unreadable(Exception):
    """A block that cannot be taken apart."""


@dataclass
class Command:
    """One command of a page. `writes` are the files that its output goes to."""

    page: str
    line: int
    words: list
    folder: Path = ROOT
    variables: dict = field(default_factory=dict)
    writes: list = field(default_factory=list)

    @property
    def place(self):
        """Where it stands."""
        return f"{self.page}:{self.line}"


def blocks(text):
    """Yields the lines of each shell block, with their numbers."""
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        if block is None:
            block = [] if OPENS.match(line) else None
        elif CLOSES.match(line):
            yield block
            block = None
        else:
            block.append((number, line))


def statements(page, block):
    """Yields number and text of each statement: more than one line, if a quotation goes on or a
    backslash ends the line."""
    text, start = "", None
    for number, line in block:
        start = start or number
        if line.endswith("\\"):
            text += line[:-1] + " "
            continue
        text += line
        try:
            shlex.split(text, comments=True)
        except ValueError:
            text += "\n"
            continue
        yield start, text
        text, start = "", None
    if start:
        raise Unreadable(f"{page}:{start}: a quotation or a statement has no end")


def words(text):
    """Returns a statement's words; operators of the shell are words of their own."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def commands(page, text):
    """Yields each block's commands."""
    for block in blocks(text):
        yield of_block(page, block)


def of_block(page, block):
    """Yields the commands of one block."""
    folder = ROOT
    for line, text in statements(page, block):
        command, target = Command(page, line, [], folder), None
        for word in [*words(text), ";"]:
            if target is not None:
                command.writes += [word] if target.startswith(">") and "&" not in target else []
                target = None
            elif word and set(word) <= set("<>&") and set(word) & set("<>"):
                if command.words and command.words[-1] in ("1", "2"):
                    command.words.pop()
                target = word
            elif word and set(word) <= set(";&|"):
                if command.words and command.words[0] not in ENDS:
                    yield command
                    if command.words[0] == "cd":
                        folder = (folder / command.words[-1]).resolve()
                command = Command(page, line, [], folder)
            elif word and set(word) <= set("()"):
                raise Unreadable(f"{page}:{line}: a subshell, which is not read here")
            elif not command.words and word in KEYWORDS:
                continue
            elif not command.words and ASSIGNMENT.match(word):
                name, value = word.split("=", 1)
                command.variables[name] = value
            else:
                command.words.append(word)
