"""The demo PBX's clock."""

from __future__ import annotations

import time

from amiframe.demo.pbx.clock import Clock


def test_live_by_default():
    assert abs(Clock().now() - time.time()) < 1


def test_faster_than_real():
    clock = Clock(1000.0, speed=3600)
    began = time.monotonic()
    time.sleep(0.02)
    passed = clock.now() - 1000
    assert 0.02 * 3600 <= passed <= (time.monotonic() - began) * 3600 + 1


def test_standing_still():
    clock = Clock(5.0, speed=0)
    time.sleep(0.01)
    assert clock.now() == 5.0
    clock.advance(2.5)
    clock.advance(0.5)
    assert clock.now() == 8.0
    clock.set(1.0)
    assert clock.now() == 1.0
