"""Words that several sentences need: so many of something, and a stranger's text made harmless."""


def counted(how_many: int, what: str) -> str:
    """So many of something: "1 batch", "2 batches"."""
    if how_many == 1:
        return f"1 {what}"
    if what.endswith("ry"):
        return f"{how_many} {what[:-1]}ies"
    return f"{how_many} {what}{'es' if what.endswith(('ch', 's')) else 's'}"


def printable(text: str) -> str:
    """A stranger's text on one line, without what would act on a terminal: control characters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
