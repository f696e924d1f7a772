"""The parts that screens are made of, and one widget for each kind of question."""
