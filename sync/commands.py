"""Where the commands of this layer begin."""

from forms.entrance import enter


def server() -> None:
    """Run `parvis-server`."""
    enter("sync.server.commands", extra="server")


def desk() -> None:
    """Run `parvis-desk`."""
    enter("sync.desk.commands", extra="desk")


def verify() -> None:
    """Run `parvis-verify`."""
    enter("sync.verify", "run")
