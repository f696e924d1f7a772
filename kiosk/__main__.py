"""`parvis-kiosk`, or `python -m kiosk`."""

from forms.entrance import enter


def main() -> None:
    """Run the command."""
    enter("kiosk.commands", extra="kiosk")


if __name__ == "__main__":
    main()
