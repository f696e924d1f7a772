"""The touchscreen: the only place where Kivy is imported."""
