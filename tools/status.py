"""The exit statuses of `amdnet`, besides 0 for success, 1 for an error and 2 for a wrong command line."""

DIFFERENT = 3
"""The command did its work and found a difference."""
