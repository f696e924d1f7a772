"""Forms for tests, written as their authors would."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from xml.sax.saxutils import quoteattr

from forms.compiling import compile_sheets
from forms.engine import Entry
from forms.sheets import read_workbook
from forms.xform import Form, read_form

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def written(name: str) -> str:
    """An XLSForm beside the tests."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def compiled(survey: str) -> bytes:
    """The XForm of an XLSForm in Markdown, whatever its way to take part may lack."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "form.md"
        path.write_text(survey, encoding="utf-8")
        return compile_sheets(read_workbook(path).definition)[0]


def form_of(survey: str) -> Form:
    return read_form(compiled(survey))


def entry_of(survey: str) -> Entry:
    return begin(form_of(survey))


def begin(form: Form) -> Entry:
    """An entry for which it is noon in November, and chance is always the same."""
    return Entry(form, clock=lambda: NOON, random=Random(7))


def xform(instance: str, binds: str = "", body: str = "", model: str = "") -> bytes:
    """A small XForm, its parts as given."""
    return f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
      xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>Small</h:title><model>
      <instance><data id="small" version="1">{instance}</data></instance>{model}{binds}
      </model></h:head><h:body>{body}</h:body></h:html>""".encode()


def calculated(expression: str, kind: str = "string") -> str:
    """What a calculation leaves in a field, beside fields of each type and a list."""
    values = "".join(f"<{name}>{text}</{name}>" for name, _, text in FIELDS)
    types = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind, _ in FIELDS)
    rows = "".join(f"<r><v>{number}</v></r>" for number in (1, 2, 4))
    entry = begin(
        read_form(
            xform(
                f"{values}{rows}<c/>",
                f"{types}<bind nodeset='/data/r/v' type='int'/>"
                f'<bind nodeset="/data/c" type="{kind}" calculate={quoteattr(expression)}/>',
                """<select ref="/data/m"><label>m</label>
                <itemset nodeset="instance('l')/root/item"><value ref="name"/>
                <label ref="label"/></itemset></select>
                <repeat nodeset="/data/r"><input ref="/data/r/v"><label>v</label></input></repeat>
                """,
                f'<instance id="l"><root>{LIST}</root></instance><itext>'
                '<translation lang="en"><text id="t"><value>Town</value></text></translation>'
                "</itext>",
            )
        )
    )
    return dict(entry.as_it_stands().fields).get("/data/c", "")


FIELDS = (
    ("i", "int", "7"),
    ("d", "decimal", "2.5"),
    ("empty", "int", ""),
    ("s", "string", "héllo"),
    ("day", "date", "2024-02-29"),
    ("moment", "dateTime", "2024-02-29T13:45:10.250Z"),
    ("time", "time", "18:00:00.000Z"),
    ("m", "string", "b a c"),
    ("place", "geopoint", "48.0 2.0 0.0 0.0"),
    ("shape", "geoshape", "48.0 2.0 0 0; 48.1 2.0 0 0; 48.1 2.1 0 0; 48.0 2.0 0 0"),
)
LIST = "".join(
    f"<item><name>{name}</name><label>{name.upper()}</label><n>{number}</n></item>"
    for number, name in enumerate("abc", 1)
)
