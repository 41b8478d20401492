"""Shell: what a room may reach: the package clients' own hosts, through a filtering proxy, and nothing else."""

from regrow.core.sandbox.network.authority import Authority, make_authority
from regrow.core.sandbox.network.clients import ask_clients
from regrow.core.sandbox.network.proxy import Interception, Proxy, open_proxy
from regrow.core.sandbox.network.reach import Reach, open_reach
from regrow.core.sandbox.network.settings import Access, AllowedHost

__all__ = [
    "Access",
    "AllowedHost",
    "Authority",
    "Interception",
    "Proxy",
    "Reach",
    "ask_clients",
    "make_authority",
    "open_proxy",
    "open_reach",
]
