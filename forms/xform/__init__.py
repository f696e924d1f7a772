"""ODK XForms as read: `read_form` makes a `Form` that entries follow."""

from forms.xform.form import Form
from forms.xform.reader import read_form

__all__ = ["Form", "read_form"]
