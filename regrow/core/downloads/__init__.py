"""What was downloaded, kept between runs: files by their content, pages with their age. Steps can read it and never write."""

from regrow.core.downloads.cache import DownloadCache, Missing
from regrow.core.downloads.store import DownloadStore

__all__ = ["DownloadCache", "DownloadStore", "Missing"]
