"""Code for a process of a test that waits to be interrupted."""

DOZE = """
import time

def doze(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)
"""
"""Defines `doze`, which a signal interrupts whenever it comes.

Python handles a signal that comes just before the one call of `time.sleep` only when that call has ended.
"""
