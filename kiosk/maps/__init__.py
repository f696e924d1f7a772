"""A map without a network: projection, tiles in a file, named places. No Kivy."""
