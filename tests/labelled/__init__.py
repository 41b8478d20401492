"""Documents of real projects, labelled by hand: which commands and prerequisites a careful reader finds in them.

`labels.json` holds lines, first words and kinds, not the documents: those are fetched by name and version when they are
measured (`./run labels`, which needs the package registries). A kind is null where several are right; names in `either`
count neither way. Every command that a document shows is labelled, those for other platforms and with placeholders too:
that they are not followed is the next step's task.
"""
