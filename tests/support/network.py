"""No test talks to anything but this machine."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest


def is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def forbid_outgoing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test at a connection, a datagram or a name look-up that leaves the machine."""
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, _guarded(name))
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host and not is_loopback(host):
            pytest.fail(f"a test looked up {host!r}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _guarded(name: str) -> Callable[..., Any]:
    original: Callable[..., Any] = getattr(socket.socket, name)

    def call(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            pytest.fail(f"a test reached out to {address!r}")
        return original(self, *args)

    return call
