"""`python -m ketway`."""

from ketway.cli.main import main

if __name__ == "__main__":
    main()
