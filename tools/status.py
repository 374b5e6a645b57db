"""The exit status of a command that did its work and found a difference; 1 is an error, 2 a wrong command line."""

DIFFERENT = 3
