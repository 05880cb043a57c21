#!/usr/bin/env python3
"""Takes the two pictures of the emulator's page, light and dark, with sessions that pin.

`make page-record` runs it. What a browser draws differs with fonts and versions, so `make pictures`
can't draw these again: each has in it which page it shows, and its check compares that.
"""

import hashlib
import struct
import zlib
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "emulator" / "src" / "emulator" / "admin" / "page.html"
PICTURES = {scheme: ROOT / "docs" / "pictures" / f"page-{scheme}.png" for scheme in ("light", "dark")}
SIGNATURE, KEYWORD = b"\x89PNG\r\n\x1a\n", b"Page\0"
# The smallest part that a PNG begins with: its length, kind, 13 bytes and checksum.
HEAD = len(SIGNATURE) + 25
USER, PASSWORD = "shop", "picture-password"


def shown_page():
    """Which page a picture shows."""
    return KEYWORD + hashlib.sha256(PAGE.read_bytes()).hexdigest().encode()


def marked(picture):
    """A PNG with a text in it: https://www.w3.org/TR/png-3/#11tEXt."""
    text = b"tEXt" + shown_page()
    part = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return picture[:HEAD] + part + picture[HEAD:]


def out_of_date():
    """The pictures that are missing or show another page."""
    return [path.name for path in PICTURES.values()
            if not path.is_file() or shown_page() not in path.read_bytes()]


def sessions(stack, environment):
    """Logs in as an application does: a session that is pinned, one in a transaction, one idle."""
    import psycopg
    address, _, port = environment["DB_CONNECT_TO"].rpartition(":")
    names = ("checkout", "reports", "worker")
    checkout, reports, worker = (stack.enter_context(psycopg.connect(
        host=environment["DB_HOST"], hostaddr=address, port=port, user=USER, password=PASSWORD,
        dbname=environment["DB_NAME"], sslmode="verify-full", autocommit=True, application_name=name,
        sslrootcert=environment["DB_CA_FILE"])) for name in names)
    worker.execute("SELECT 1")
    reports.execute("BEGIN")
    reports.execute("SET LOCAL search_path TO audit, public")
    checkout.execute("SET statement_timeout TO '5s'")


def main():
    """Takes both pictures."""
    from browser import browser
    from local import build, emulator, install
    options = ["--admin", "127.0.0.1:0", "--password-user", f"{USER}:{PASSWORD}",
               "--max-connections-percent", "1"]
    programs, pg_bin = build(), install("postgres")
    with ExitStack() as stack:
        environment = stack.enter_context(emulator(programs, pg_bin, options))
        sessions(stack, environment)
        page = stack.enter_context(browser())
        page.open(environment["EMULATOR_ADMIN"], 1000, 860)
        page.until("document.querySelectorAll('#pins article').length === 2")
        page.until("document.querySelectorAll('#sessions .active').length === 0")
        for scheme, path in PICTURES.items():
            page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            path.write_bytes(marked(page.picture()))


if __name__ == "__main__":
    main()
