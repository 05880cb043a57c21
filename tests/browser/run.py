"""The emulator's page in Chromium: what it shows of sessions, pool and pins, in light and dark, by
keyboard, and to assistive technology.

Some sessions log in through the emulator and do what pins; then the page is compared with what the
emulator says to programs. Prints a line per check and the counts at the end. Where there is no
Chromium, the checks are skipped, unless REQUIRE_CLIENTS is set, as in .ci/run.
"""

import contextlib
import re
import sys
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
from browser import browser, program  # noqa: E402
from checks import Checks, run  # noqa: E402
from local import build, emulator, install  # noqa: E402

USER, PASSWORD = "shop", "page-test-password"
OPTIONS = ["--admin", "127.0.0.1:0", "--password-user", f"{USER}:{PASSWORD}",
           "--max-connections-percent", "1"]
# A name that would be an element, if the page took it for HTML.
MARKUP = '<img src=x onerror=alert(1)>'
# Of a level that people with weak sight can read: https://www.w3.org/TR/WCAG22/#contrast-minimum.
ENOUGH = 4.5
NAMED = ("RootWebArea", "image", "region", "table", "button", "log", "article", "link", "heading")
CONTRAST = (HERE / "contrast.js").read_text()


def log_in(environment, name):
    """A session of an application with this name."""
    address, _, port = environment["DB_CONNECT_TO"].rpartition(":")
    return psycopg.connect(
        host=environment["DB_HOST"], hostaddr=address, port=port, user=USER, password=PASSWORD,
        dbname=environment["DB_NAME"], sslmode="verify-full", sslrootcert=environment["DB_CA_FILE"],
        application_name=name, autocommit=True)


@contextlib.contextmanager
def sessions(environment):
    """An idle session, one in a transaction that may pin, and three that are pinned."""
    with contextlib.ExitStack() as stack:
        idle, busy, *pinned = [stack.enter_context(log_in(environment, name)) for name in
                               ("idle", "busy", "checkout", "checkout", "worker")]
        idle.execute("SELECT 1")
        busy.execute("BEGIN")
        busy.execute("SET LOCAL search_path TO audit, public")
        pinned[0].execute("SET statement_timeout TO '5s'")
        pinned[1].execute("SET statement_timeout TO '9s'")
        pinned[2].execute(f'LISTEN "{MARKUP}"')
        yield


def shows_sessions(page):
    rows = page.run("[...document.querySelectorAll('#sessions tr')].map(row => "
                    "[...row.cells].slice(1).map(cell => cell.textContent))")
    for name, state, connected, pinned in [
            ("idle", "idle", False, ""), ("busy", "in a transaction", True, ""),
            ("checkout", "idle", True, "pinned"), ("worker", "idle", True, "pinned")]:
        row = next(row for row in rows if row[2] == name)
        assert row[:6] == [USER, "app", name, "default", state, row[5]], row
        assert (row[5] != "", row[6]) == (connected, pinned), row
    assert len(rows) == 5, rows


def allowed(page):
    """How many connections there may be: 1 % of those of this machine's PostgreSQL."""
    name = "aws_rds_proxy_max_database_connections_allowed"
    metrics = page.run("fetch('metrics').then(it => it.text())")
    return int(re.search(rf"^{name}{{.*}} (\d+)$", metrics, re.M)[1])


def shows_the_pool(page):
    legend = page.run("document.getElementById('legend').textContent")
    assert legend == f"5 of {allowed(page)} open:3 pinned1 borrowed1 idle", legend
    width = page.run("document.querySelector('.part-pinned').getBoundingClientRect().width"
                     " / document.getElementById('pool').clientWidth")
    assert abs(width - 3 / allowed(page)) < 0.01, width


def shows_each_pin(page):
    boxes = page.run("[...document.querySelectorAll('#pins article')].map(it => it.innerText)")
    pins = page.run("fetch('pins').then(it => it.json()).then(it => it.pins)")
    # The first of two that differ in their values only is in the box of the second.
    assert (len(boxes), len(pins)) == (3, 4), (boxes, pins)
    for box, pin in zip(boxes, [pins[3], pins[2], pins[0]]):
        for part in ("reason", "cause", "remedy", "user", "application_name"):
            assert pin[part] in box, (part, box)
    assert MARKUP in boxes[0] and "Pinned" in boxes[0] and "Our wording" in boxes[0], boxes[0]
    assert "SET statement_timeout TO '9s'" in boxes[1] and "2 times" in boxes[1], boxes[1]
    assert "Our wording" not in boxes[1], boxes[1]
    assert "May pin: AWS leaves it open" in boxes[2] and "Our wording" in boxes[2], boxes[2]


def takes_statements_as_text(page):
    assert page.run("document.querySelectorAll('#pins img, #sessions img').length") == 0


def is_readable(page, scheme):
    page.prefer(prefers_color_scheme=scheme)
    found = page.run(CONTRAST)
    assert found["texts"] > 40, found
    assert found["lowest"] >= ENOUGH, found
    assert found["dark"] is (scheme == "dark"), found


def fits_a_narrow_window(page):
    page.resize(320, 800)
    wide = page.run("document.documentElement.scrollWidth")
    page.resize(1100, 900)
    assert wide <= 320, wide


def has_accessible_names(page):
    found = page.accessible()
    nameless = [role for role, name in found if role in NAMED and not name]
    assert not nameless, nameless
    for expected in [
            ("image", f"Database connections 5 of {allowed(page)} open: 3 pinned 1 borrowed 1 idle"),
            ("table", "Sessions"), ("region", "Sessions"), ("log", "Pins"),
            ("article", f'LISTEN "{MARKUP}"'), ("button", "Hide these pins"),
            ("columnheader", "State"), ("cell", "in a transaction"), ("term", "Instead")]:
        assert expected in found, (expected, [it for it in found if it[0] == expected[0]])
    assert ("status", "") in found and ("StaticText", "accepting connections") in found, found


def works_by_keyboard(page):
    page.run("document.activeElement.blur()")
    reached = []
    for _ in range(6):
        page.press("Tab")
        reached.append(page.run("document.activeElement.getAttribute('aria-labelledby')"
                                " || document.activeElement.textContent"))
    assert reached == ["sessions-title", "Hide these pins", "pins", "sessions", "metrics",
                       "health"], reached
    outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", outline
    page.run("document.getElementById('clear').focus()")
    page.press("Enter")
    page.until("document.querySelectorAll('#pins article').length === 0")
    assert page.run("document.getElementById('no-pins').hidden") is False
    assert page.run("document.activeElement.id") == "pins-title"


def has_no_complaint(page):
    assert not page.complaints, page.complaints


CHECKS = [
    ("shows each session with its state and whether it is pinned", shows_sessions),
    ("shows the pool as a bar and in words", shows_the_pool),
    ("shows each pin with statement, reason, cause and remedy", shows_each_pin),
    ("takes what clients send as text", takes_statements_as_text),
    ("is readable in light", lambda page: is_readable(page, "light")),
    ("is readable in dark", lambda page: is_readable(page, "dark")),
    ("fits a narrow window", fits_a_narrow_window),
    ("names everything for assistive technology", has_accessible_names),
    ("works by keyboard", works_by_keyboard),
    ("makes the browser complain about nothing", has_no_complaint),
]


def says_when_the_emulator_is_gone(page):
    page.until("document.getElementById('health').textContent === 'the emulator does not answer'")
    assert page.run("document.getElementById('health').className") == "dot away"


def found(check, page):
    """What a check found instead of what is right, or nothing."""
    try:
        check(page)
    except AssertionError as error:
        return error
    return None


def main():
    """Returns how many checks failed."""
    checks = Checks()
    if program()[0] is None:
        checks.skip(len(CHECKS) + 1,
                    "there is no Chromium, for the reason that tools/install.py printed above")
        return checks.end()
    programs, pg_bin = build(), install("postgres")
    with browser() as page:
        with emulator(programs, pg_bin, OPTIONS) as environment:
            with sessions(environment):
                page.open(environment["EMULATOR_ADMIN"])
                page.until("document.querySelectorAll('#pins article').length === 3 &&"
                           " document.querySelectorAll('#pool span').length === 3")
                # The last session becomes idle a moment after its client has its answer.
                page.until("document.querySelectorAll('#sessions tr.active').length === 0")
                for name, check in CHECKS:
                    checks.note(f"the page {name}", found(check, page))
        checks.note("the page says that the emulator is gone",
                    found(says_when_the_emulator_is_gone, page))
    return checks.end()


if __name__ == "__main__":
    run(main)
