"""Fails each test in which a statement pins its session."""

import json
import os
import urllib.request

import pytest


def pins(since=0):
    """The pins after the one with this id."""
    url = f"{os.environ['EMULATOR_ADMIN']}/pins?since={since}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(autouse=True)
def no_pins():
    """Compares the pins before and after a test."""
    mark = pins()["last_id"]
    yield
    # To be strict about statements that AWS leaves open, take those of class "doubtful" too.
    found = [pin for pin in pins(mark)["pins"] if pin["class"] == "pins"]
    lines = [f"{pin['statement']}\n  {pin['cause']}\n  Instead: {pin['remedy']}" for pin in found]
    if found:
        pytest.fail("\n".join(["it would pin its session in RDS Proxy:", *lines]), pytrace=False)
