"""`parvis-forms`, or `python -m forms`."""

from forms.entrance import enter


def main() -> None:
    """Run the command."""
    enter("forms.commands", extra="desk")


if __name__ == "__main__":
    main()
