"""The expressions of ODK XForms: read once, compiled to functions, their dependencies known."""
