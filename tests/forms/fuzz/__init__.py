"""Throws forms, expressions, lists and spreadsheets that nobody would write at the form engine."""
