"""What the kiosk says aloud."""
