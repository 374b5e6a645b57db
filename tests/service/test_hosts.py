"""By which names the service may be called."""

import socket

import pytest

from pipeline.service.hosts import hosts_of


@pytest.mark.parametrize(
    "header", ["localhost", "localhost:8000", "LOCALHOST:9", "127.0.0.1:8000", "[::1]:8000", "[::1]"]
)
def test_this_machine_alone_goes_by_its_own_names(header):
    assert hosts_of("127.0.0.1", "127.0.0.1").allow(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost:",
        "localhost:80a",
        "localhost:8000:8000",
        "localhost/",
        "localhost\n",
        "::1",
        "[::1",
        "192.168.1.5",
        "localhost, evil.example",
    ],
)
def test_another_name_is_not_its(header):
    assert not hosts_of("127.0.0.1", "127.0.0.1").allow(header)


def test_a_host_that_was_named_is_the_one_name():
    hosts = hosts_of("Box.example", "192.168.1.5")
    assert hosts.allow("box.example:8000") and hosts.allow("192.168.1.5")
    assert not hosts.allow("localhost") and not hosts.allow("192.168.1.6")


def test_a_service_at_all_addresses_goes_by_any_number_and_the_machines_name():
    hosts = hosts_of("0.0.0.0", "0.0.0.0")
    assert all(map(hosts.allow, ["localhost", "10.1.2.3:8000", "[fe80::1]:8000", socket.gethostname()]))
    assert not hosts.allow("evil.example") and not hosts.allow("10.1.2.3.evil.example")
