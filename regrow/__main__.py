"""`python -m regrow`: the command line."""

from regrow.cli.process.entry import main

if __name__ == "__main__":
    main()
