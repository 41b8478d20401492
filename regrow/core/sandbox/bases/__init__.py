"""Shell: the lowest layers of rooms: clean roots made from the distribution's packages, or the host's own programs."""

from regrow.core.sandbox.bases.clean import make_clean_base
from regrow.core.sandbox.bases.host import make_host_base
from regrow.core.sandbox.bases.packages import PackageSource, find_package_source

__all__ = ["PackageSource", "find_package_source", "make_clean_base", "make_host_base"]
