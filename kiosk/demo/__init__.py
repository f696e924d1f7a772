"""The whole story, from an author's spreadsheet to the organiser's table, told by real processes."""
