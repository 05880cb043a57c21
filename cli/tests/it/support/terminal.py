"""Runs a command on a new terminal: terminal.py COLUMNS ROWS CTRL_C_AFTER COMMAND...

Writes what the command wrote, then "status" and its exit status. Once the command has written the
text CTRL_C_AFTER, if that is not empty, Ctrl-C is typed.
"""

import fcntl
import os
import pty
import struct
import sys
import termios


def main(columns, rows, ctrl_c_after, *command):
    """Runs the command; returns what it wrote, and its exit status."""
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
        os.execv(command[0], command)
    written = b""
    expected = ctrl_c_after.encode()
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # The command has ended.
            break
        if not part:
            break
        written += part
        if expected and expected in written:
            os.write(terminal, b"\x03")
            expected = b""
    _, status = os.waitpid(process, 0)
    return written, os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    text, code = main(*sys.argv[1:])
    sys.stdout.buffer.write(text + f"\nstatus {code}\n".encode())
