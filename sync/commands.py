"""Where the commands of this layer begin."""

from forms.entrance import enter


def server() -> None:
    """Run `parvis-server`."""
    enter("sync.server.commands")


def desk() -> None:
    """Run `parvis-desk`."""
    enter("sync.desk.commands")


def verify() -> None:
    """Run `parvis-verify`."""
    enter("sync.verify", "run")
