"""What is asked and answered: forms, the engine that runs them, ways to take part, results."""
