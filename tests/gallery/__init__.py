"""Every screen and every kind of question, drawn in every size, looked at and measured.

`python -m tests.gallery` (`make gallery`) draws; `tests/journeys/test_sizes.py` measures with the
same code. It lives among the tests because it needs their driver and their hall, and Pillow, which
a kiosk does not carry.
"""
