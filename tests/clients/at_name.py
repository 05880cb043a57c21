"""Runs a program where the endpoint's name leads to the emulator, for clients that have one name for
the socket and for the certificate: in a mount namespace, over whose /etc/hosts lies another one.
"""

import contextlib
import functools
import subprocess
import tempfile

# Stands for a mount namespace in what a client needs, where others need a package.
NAMESPACE = "a mount namespace"
# Root may make a namespace; on most kernels others may too, as root of a user namespace.
UNSHARE = [["unshare", "--mount", "--"],
           ["unshare", "--map-current-user", "--keep-caps", "--mount", "--"]]


@functools.cache
def unshare():
    """What runs a command in its own mount namespace; none where the kernel allows none."""
    for command in UNSHARE:
        with contextlib.suppress(OSError):
            if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
                return command
    return None


@contextlib.contextmanager
def at_name(login):
    """Yields what precedes a command that is to find the login's host at its address."""
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.write(f"{login.address} {login.host}\n")
        hosts.flush()
        mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
        yield [*unshare(), "sh", "-c", mount, hosts.name]
