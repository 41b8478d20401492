"""Ten small projects, each with one cause for which its builds differ: `python -m tests.reproducibility` builds them."""
