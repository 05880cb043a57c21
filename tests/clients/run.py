"""Other people's drivers and signers log in to the emulator, and are refused by it.

Each case runs with each client of drivers.py: the drivers of Python, Node.js, Go, Java, Rust, PHP
and ODBC, and psql; and with each of mysql_drivers.py, in front of a MariaDB. A client's token is
signed by the AWS library that its users have: boto3, @aws-sdk/rds-signer, the AWS CLI. Go, Java, PHP,
Ruby and Rust are the exception: their AWS SDKs are large, or in none of the registries that this
project installs from, so boto3 signs for them. TLS is verified against the emulator's authority and
the endpoint's name throughout. Prints a line per case and the counts at the end.

The drivers for Go and Java, PHP, Ruby and psqlODBC are Debian's. Where its packages can't be
downloaded their cases are skipped, with a line that says so, as are those that need a mount namespace
where none may be made; with REQUIRE_CLIENTS in the environment, as in .ci/run, that is a failure.
"""

import dataclasses
import os
import re
import sys
from pathlib import Path

import botocore

import by_variables
import mysql_drivers
import pinning
import pinning_mysql
import recipes
from at_name import NAMESPACE, unshare
from drivers import CLIENTS, Login
from checks import Checks, run
from local import PROXY_ARN, ROOT, build, emulator, install

USER, OTHER_USER, PASSWORD_USER, PASSWORD = "app", "other", "by_password", "se:cret"
NONCE = 987654321
# A stand-in could not answer this: it takes a catalog, the session's user and arithmetic.
# Prisma makes an object of the row, so each column has a name.
QUERY = ("SELECT current_user::text AS who, "
         "(SELECT count(*) > 300 FROM pg_catalog.pg_class)::text AS has_catalog, "
         f"({NONCE} * 2::bigint)::text AS doubled, split_part(version(), ' ', 1) AS product")
ROW = [USER, "true", str(NONCE * 2), "PostgreSQL"]
REFUSED = ("The IAM authentication failed for the role {}. "
           "Check the IAM token for this role and try again.")
MYSQL_QUERY = ("SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1), "
               "IF((SELECT COUNT(*) > 20 FROM information_schema.tables), 'true', 'false'), "
               f"CAST({NONCE} * 2 AS CHAR), IF(VERSION() LIKE '%MariaDB%', 'MariaDB', VERSION())")
MYSQL_ROW = [USER, "true", str(NONCE * 2), "MariaDB"]
MYSQL_REFUSED = "Access denied for user '{}'@'%' (using password: YES)"
# PDO does not say what is wrong with a certificate.
PDO_SAYS = "Cannot connect to MySQL using SSL"
# In the words of OpenSSL, libpq, Node.js, Go, Java, rustls and PHP.
NOT_TRUSTED = re.compile("certificate verify failed|self-signed certificate|unable to .* issuer"
                         "|signed by unknown authority|unable to find valid certification path"
                         f"|UnknownIssuer|{PDO_SAYS}")
OTHER_NAME = re.compile("Hostname mismatch|does not match host ?name"
                        "|does not match certificate's altnames|certificate is valid for .*, not "
                        "|could not be verified by hostnameverifier"
                        "|Validation of SSL server certificate failed"
                        "|doesn't correspond to certificate CN"
                        f"|certificate not valid for name|{PDO_SAYS}")


def cases(good, row=ROW, text=REFUSED):
    """Each case: its name, the login, and whether an outcome is as it should be."""
    def logged_in(outcome):
        return outcome == {"row": row}

    def refused(outcome, user=USER):
        return text.format(user) in outcome.get("error", "")

    def other_refused(outcome):
        return refused(outcome, OTHER_USER)

    def not_trusted(outcome):
        return NOT_TRUSTED.search(outcome.get("error", ""))

    def other_name(outcome):
        return OTHER_NAME.search(outcome.get("error", ""))

    change = dataclasses.replace
    amazon = str(ROOT / "certs" / "amazon-root-ca-1.pem")
    return [
        ("logs in", good, logged_in),
        ("token signed 14 minutes ago: logs in", change(good, age_s=14 * 60), logged_in),
        ("token signed 16 minutes ago: refused", change(good, age_s=16 * 60), refused),
        ("tampered signature: refused", change(good, tampered=True), refused),
        ("token of another user: refused", change(good, user=OTHER_USER), other_refused),
        ("token for another port: refused", change(good, signed_port=5433), refused),
        ("another authority: the client leaves", change(good, ca_file=amazon), not_trusted),
        ("another name: the client leaves", change(good, host=f"not.{good.host}"), other_name),
    ]


def debian_packages():
    """Debian's packages that are there, by name, with their versions."""
    folders = filter(None, map(install, ("debian", "php", "odbc", "ruby")))
    files = sorted(file for folder in folders for file in Path(folder).glob("*.deb"))
    return dict(file.name.split("_")[:2] for file in files)


def note_mysql(checks, programs, debian):
    """Runs every case with every client of MySQL's, and a login by password with each."""
    principal = f"AKIAIOSFODNN7EXAMPLE:clients-secret:clients/session+token=={PROXY_ARN}/*"
    options = ["--engine", "mysql", "--principal", principal, "--iam-user", USER,
               "--iam-user", OTHER_USER, "--password-user", f"{PASSWORD_USER}:{PASSWORD}",
               "--admin", "127.0.0.1:0"]
    with emulator(programs, install("mariadb"), options) as environment:
        good = login_of(environment, MYSQL_QUERY)
        note_cases(checks, mysql_drivers.CLIENTS, cases(good, MYSQL_ROW, MYSQL_REFUSED), debian)
        for client, log_in, needs in mysql_drivers.CLIENTS:
            if not missing(needs, debian):
                outcome = log_in(dataclasses.replace(good, user=PASSWORD_USER), PASSWORD)
                is_right = outcome == {"row": [PASSWORD_USER, *MYSQL_ROW[1:]]}
                checks.note(f"{client}: a password, by caching_sha2_password",
                            None if is_right else outcome)
        left_out = skip_pins(checks, pinning_mysql.NEEDS, debian)
        for outcome in pinning_mysql.outcomes(environment, left_out):
            checks.note(*outcome)


def login_of(environment, query):
    """The login that should succeed, with the principal's keys in this process's environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        os.environ[name] = environment[name]
    os.environ.pop("AWS_PROFILE", None)
    address, port = environment["DB_CONNECT_TO"].rsplit(":", 1)
    return Login(
        host=environment["DB_HOST"], address=address, port=int(port),
        database=environment["DB_NAME"], ca_file=environment["DB_CA_FILE"], query=query,
        user=USER, signed_user=USER, signed_port=int(environment["DB_PORT"]))


def missing(needs, debian):
    """What of a client's needs is not here, or nothing."""
    for need in needs or ():
        if need == NAMESPACE:
            if unshare() is None:
                return "no mount namespace may be made here"
        elif need not in debian:
            return (f"Debian's package {need} is missing, for the reason that tools/install.py "
                    "printed above")
    return None


def skip_pins(checks, needs_of, debian):
    """The clients that are not here, whose pins can't be seen."""
    left_out = {name for name, needs in needs_of.items() if missing(needs, debian)}
    for name in left_out:
        checks.skip(1, f"what pins with {name}")
    return left_out


def note_cases(checks, clients, all_cases, debian):
    """Runs every case with every client."""
    for client, log_in, needs in clients:
        if why := missing(needs, debian):
            if "REQUIRE_CLIENTS" in os.environ:
                sys.exit(f"REQUIRE_CLIENTS is set, but {why}")
            checks.skip(len(all_cases), f"{client}: {why}")
            continue
        for case, login, is_right in all_cases:
            outcome = log_in(login)
            checks.note(f"{client}: {case}", None if is_right(outcome) else outcome)


def partitions_are_botocores():
    """Whether the list that src/config/partition.rs is held to is the installed botocore's."""
    theirs = Path(botocore.__file__).parent / "data" / "partitions.json"
    return (ROOT / "tests" / "golden" / "partitions.json").read_bytes() == theirs.read_bytes()


def main():
    """Starts the emulator, runs all cases and returns how many failed."""
    checks, pg_bin = Checks(), install("postgres")
    debian = debian_packages()
    for package, version in debian.items():
        print(f"Debian's {package}: {version}", flush=True)
    programs = build()
    principal = f"AKIAIOSFODNN7EXAMPLE:clients-secret:clients/session+token=={PROXY_ARN}/*"
    options = ["--principal", principal, "--iam-user", USER, "--iam-user", OTHER_USER]
    with emulator(programs, pg_bin, options) as environment:
        good = login_of(environment, QUERY)
        note_cases(checks, CLIENTS, cases(good), debian)
        for outcome in by_variables.outcomes(environment, debian):
            checks.note(*outcome)
    for outcome in recipes.outcomes(programs, pg_bin):
        checks.note(*outcome)
    left_out = skip_pins(checks, pinning.NEEDS, debian)
    for outcome in pinning.outcomes(programs, pg_bin, left_out):
        checks.note(*outcome)
    note_mysql(checks, programs, debian)
    checks.note(f"the partitions are those of botocore {botocore.__version__}",
                None if partitions_are_botocores() else "they are others")
    return checks.end()


if __name__ == "__main__":
    run(main)
