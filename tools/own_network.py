"""A network namespace in which AWS's host names resolve to this machine and nothing else can be
reached, and a certificate for these names.
"""

import contextlib
import datetime
import ipaddress
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOSTS = Path("/etc/hosts")
LOOPBACK = ipaddress.ip_address("127.0.0.1")
INSIDE, REQUIRED = "IN_ITS_OWN_NETWORK", "REQUIRE_NAMESPACES"
# Root may make a namespace; on most kernels others may too, as root of a user namespace.
UNSHARE = [["unshare", "--net", "--mount", "--"],
           ["unshare", "--map-current-user", "--keep-caps", "--net", "--mount", "--"]]


def enter(names, otherwise):
    """Starts this program again in a network namespace, in which these names resolve to this
    machine.

    Returns True in the program inside. Where the kernel allows no namespace it prints
    `otherwise`, which says what is not tested, and returns False."""
    if INSIDE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with tempfile.NamedTemporaryFile("w") as hosts:
            hosts.write("".join(f"127.0.0.1 {name}\n" for name in ["localhost", *names]))
            hosts.flush()
            # The mount keeps what it shows, even though the file's name is gone.
            subprocess.run(["mount", "--bind", hosts.name, HOSTS], check=True)
        return True
    for unshare in UNSHARE:
        with contextlib.suppress(OSError):
            if subprocess.run([*unshare, "ip", "link"], capture_output=True).returncode == 0:
                command = [*unshare, sys.executable, *sys.argv]
                os.execvpe(command[0], command, {**os.environ, INSIDE: "true"})
    if REQUIRED in os.environ:
        sys.exit("no network namespace may be made here")
    print(f"no network namespace may be made here: {otherwise}")
    return False


def certify(folder, names):
    """Writes a key and a self-signed certificate, which is not a CA, for these names and 127.0.0.1;
    returns the paths of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
    names_and_address = [*map(x509.DNSName, names), x509.IPAddress(LOOPBACK)]
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName(names_and_address), critical=False)
        .sign(key, hashes.SHA256()))
    paths = Path(folder, "certificate.pem"), Path(folder, "key.pem")
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return paths
