"""Chromium without a window, driven through its DevTools protocol over a pipe.

https://chromedevtools.github.io/devtools-protocol/. Each message is JSON and ends with a zero byte.
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from local import TOOLS, stop

OURS = TOOLS / "browser"
# What a machine has its own Chromium as.
NAMES = ("chromium", "chromium-browser", "google-chrome")
GIVE_UP_S = 30
# Chromium's sandbox needs what root and many containers don't have; it opens nothing but our page.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe", "about:blank"]
# The number of a key, and what it writes.
KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}


class BrowserError(Exception):
    """What the browser, or a script in its page, complains about."""


def program():
    """The browser from .tools, or else the machine's own, or `None`; and its environment."""
    if (OURS / "chromium").is_file():
        environment = {**os.environ, "LD_LIBRARY_PATH": str(OURS / "al2023" / "lib")}
        if not Path("/usr/share/fonts").is_dir():
            environment["FONTCONFIG_PATH"] = str(OURS / "fonts")
        return OURS / "chromium", environment
    return next(filter(None, map(shutil.which, NAMES)), None), dict(os.environ)


class Page:
    """One tab."""

    def __init__(self, commands, answers):
        self.commands, self.answers, self.rest = commands, answers, b""
        self.last, self.session = 0, None
        self.complaints = []

    def receive(self):
        """The next message of the browser."""
        while b"\0" not in self.rest:
            read = os.read(self.answers, 1 << 20)
            if not read:
                raise BrowserError("the browser ended")
            self.rest += read
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        """Calls a method of the protocol and returns its result."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(json.dumps(answer["params"]))
            if answer.get("id") != self.last:
                continue
            if "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            return answer["result"]

    def open(self, url, width=1100, height=900):
        """Opens a page of this size."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        # Without a wait for its load, scripts could still run in the page before.
        self.call("Page.navigate", url=url)
        self.until(f"location.href.startsWith({json.dumps(url)}) && document.readyState !== 'loading'")

    def resize(self, width, height):
        """Makes the window this large."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def prefer(self, **features):
        """Sets media features, such as `prefers_color_scheme="dark"`."""
        features = [{"name": name.replace("_", "-"), "value": value}
                    for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=features)

    def run(self, script):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, script):
        """Waits in the page until an expression is true."""
        became_true = self.run(
            f"""new Promise(done => {{
                const timer = setInterval(() => {{ if ({script}) finish(true); }}, 20);
                const limit = setTimeout(() => finish(false), {GIVE_UP_S * 1000});
                function finish(outcome) {{
                    clearInterval(timer); clearTimeout(limit); done(outcome);
                }}
            }})""")
        if not became_true:
            text = self.run("document.body.innerText")
            raise BrowserError(f"it did not become true: {script}\n{text}")

    def press(self, key):
        """Presses and releases a key."""
        number, text = KEYS[key]
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=text,
                  windowsVirtualKeyCode=number)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key,
                  windowsVirtualKeyCode=number)

    def accessible(self):
        """What assistive technology gets of the page: pairs of role and name, in order."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", ""))
                for node in nodes if not node["ignored"] and node["role"]["value"] != "InlineTextBox"]

    def picture(self):
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextlib.contextmanager
def browser():
    """Runs Chromium while the block lasts, and yields its tab."""
    path, environment = program()
    # Chromium reads at descriptor 3 and writes at 4.
    theirs_in, commands = os.pipe()
    answers, theirs_out = os.pipe()
    with tempfile.TemporaryDirectory() as profile, tempfile.TemporaryFile() as log:
        shell = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        process = subprocess.Popen(
            ["bash", "-c", shell, path, f"--user-data-dir={profile}", *ARGUMENTS],
            pass_fds=(theirs_in, theirs_out), env=environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log)
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Page(commands, answers)
        except BrowserError as error:
            log.seek(0)
            raise BrowserError(f"{error}\n{log.read().decode(errors='replace')}") from error
        finally:
            os.close(commands)
            os.close(answers)
            stop(process)
