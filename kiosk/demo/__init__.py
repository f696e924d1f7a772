"""The whole story, from an author's spreadsheet to the organiser's table, by real processes."""
