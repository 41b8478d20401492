"""Shell: the lowest layers of rooms: clean roots made from the distribution's packages, and the index of those."""

from regrow.core.sandbox.bases.clean import make_clean_base
from regrow.core.sandbox.bases.file_index import PackageIndex, open_index
from regrow.core.sandbox.bases.host import make_host_base
from regrow.core.sandbox.bases.kept_packages import DebianDownloads
from regrow.core.sandbox.bases.packages import PackageSource, find_package_source
from regrow.core.sandbox.bases.renamed import instead_of

__all__ = [
    "DebianDownloads",
    "PackageIndex",
    "PackageSource",
    "find_package_source",
    "instead_of",
    "make_clean_base",
    "make_host_base",
    "open_index",
]
