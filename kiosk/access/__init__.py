"""Other ways than touching and seeing: keypads and switches, by ear, screen readers."""
