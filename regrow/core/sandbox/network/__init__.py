"""Shell: what a room may reach: the package clients' own hosts, through a filtering proxy, and nothing else."""

from regrow.core.sandbox.network.clients import ask_clients
from regrow.core.sandbox.network.proxy import Proxy, open_proxy
from regrow.core.sandbox.network.settings import Access, AllowedHost

__all__ = ["Access", "AllowedHost", "Proxy", "ask_clients", "open_proxy"]
