"""Answers of a file reach every instance of a repeat that people could have added."""

import pytest

from forms.filling import AnswersRefusedError, answer_all
from tests.forms.writing import entry_of

HOUSEHOLDS = """| survey |
| | type | name | label |
| | begin repeat | house | House |
| | text | street | Street? |
| | begin repeat | person | Person |
| | text | first | First name? |
| | end repeat | | |
| | end repeat | | |
"""


def test_answers_of_a_file_add_the_instances_that_they_name() -> None:
    answers = {
        "/data/house[2]/person[2]/first": "Ana",
        "/data/house[1]/street": "rue A",
        "/data/house[2]/street": "rue B",
        "/data/house[2]/person[1]/first": "Léo",
        "/data/house[1]/person[1]/first": "Zoé",
    }
    entry = entry_of(HOUSEHOLDS)
    answer_all(entry, answers)
    fields = dict(entry.finish().fields)
    assert {ref: fields[ref] for ref in answers} == answers


def test_an_instance_that_does_not_come_next_is_named_and_not_added() -> None:
    entry = entry_of(HOUSEHOLDS)
    with pytest.raises(AnswersRefusedError, match=r"house\[4\]/street: the form does not ask"):
        answer_all(entry, {"/data/house[2]/street": "rue B", "/data/house[4]/street": "rue D"})
    assert len(entry.repeats()[-1].instances) == 2
