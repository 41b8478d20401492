"""`python -m regrow`: the command line."""

from regrow.cli.main import main

if __name__ == "__main__":
    main()
