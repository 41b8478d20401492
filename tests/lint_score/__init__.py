"""How many labelled errors `regrow lint-docs` finds, and how much it says of documents without any: `./run lint-score`.

`scoring.py` counts, `made_up.py` holds a small set of our own (projects that do not exist, errors of every type), `runner.py`
is the command. Documents of real projects are not kept here; a folder of them is given on the command line.
"""
