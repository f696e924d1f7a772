"""One screen, one .py and one .kv of the same name."""
