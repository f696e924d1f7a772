"""Who plays in the story, and the words to look for afterwards."""

# One resident's words: after the story they may be found in the organiser's table, nowhere else.
MARKED_WORDS = "passage des Tilleuls"
MEDIATOR, MEDIATOR_PIN = "Samia", "4731"
STEWARD, STEWARD_PIN = "Marc", "9056"
