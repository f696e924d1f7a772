"""How the kiosk looks: sizes in millimetres, colours, text."""
