"""How a run is shown: live on a terminal, and as text, JSON or a page when it is over."""
