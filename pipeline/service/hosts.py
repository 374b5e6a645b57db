"""By which names the service may be called.

A page of another site can have its own name point to this machine (DNS rebinding). To the browser it is then that site
which answers, and the page may read all of it; but the requests carry the site's name. So a request with a name that is
not the service's is refused. A number in the place of the name cannot be made to point elsewhere.

Test: tests/service/test_hosts.py.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass

HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::[0-9]{1,5})?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Hosts:
    """The names and numbers that a Host header may have; numbers: whether it may have any number."""

    names: frozenset[str]
    numbers: bool = False

    def allow(self, header: str) -> bool:
        """Return whether a request with this Host header is meant for the service; its port does not matter."""
        parts = HOST.fullmatch(header.lower())
        name = parts and (parts["six"] or parts["name"])
        return bool(name) and (name in self.names or (self.numbers and _is_number(str(name))))


def hosts_of(host: str, address: str) -> Hosts:
    """Return the names of a service that was started with the name `host` and listens at the address."""
    listens = ipaddress.ip_address(address)
    if listens.is_unspecified:
        machine = socket.gethostname().lower()
        return Hosts(LOOPBACK | {machine, f"{machine}.local"}, numbers=True)
    return Hosts((LOOPBACK if listens.is_loopback else frozenset()) | {host.lower(), address})


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
