"""Ways to take part: what each asks of a form, and what counting it needs of the answers.

A question, a group or a repeat says in `parvis:method` (namespace of `forms.xform.namespaces`)
which way it is; docs/methods.md lists them with their columns. Nothing is counted here yet: each
module reads what the form asks, says what is wrong with it, and makes ballots of a contribution's
fields.
"""
