"""`python -m tests.tidy.write_errors` writes docs/errors.md anew from the tree of refusals."""

from tests.tidy.refusals import write

if __name__ == "__main__":
    write()
