"""Forms of a size that engines are measured with, made as pyxform writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from xml.sax.saxutils import escape

WORDS = ("square", "town", "hall", "garden", "market", "street", "bench", "tree", "school", "bus")


def _form(
    name: str, fields: str, binds: Iterable[str], body: Iterable[str], model: str = ""
) -> bytes:
    return f"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:odk="http://www.opendatakit.org/xforms">
<h:head><h:title>{name}</h:title><model odk:xforms-version="1.0.0">{model.partition("<instance")[0]}
<instance><data id="{name}" version="1">{fields}<meta><instanceID/></meta></data></instance>
{"".join(model.partition("<instance")[1:])}
{"".join(binds)}
<bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
</model></h:head><h:body>{"".join(body)}</h:body></h:html>""".encode()


def chained_form() -> bytes:
    """300 questions: a chain of 100 calculations, a fan of 100, 100 conditions, all from one."""
    names = [f"{kind}{n}" for kind in ("c", "f", "q") for n in range(100)]
    fields = "<start/>" + "".join(f"<{name}/>" for name in names)
    binds = ['<bind nodeset="/data/start" type="int"/>']
    for n in range(100):
        before = "/data/start" if n == 0 else f"/data/c{n - 1}"
        binds.append(f'<bind nodeset="/data/c{n}" type="int" calculate=" {before}  + 1"/>')
        binds.append(f'<bind nodeset="/data/f{n}" type="int" calculate=" /data/start  * {n}"/>')
        binds.append(
            f'<bind nodeset="/data/q{n}" type="string" relevant=" /data/start  &gt; {n // 2} and '
            f'/data/c{n}  &lt; 10000"/>'
        )
    asked = ("start", *(f"q{n}" for n in range(100)))
    body = [f'<input ref="/data/{name}"><label>{name}</label></input>' for name in asked]
    return _form("chained", fields, binds, body)


def large_form(random: Random, languages: Sequence[str] = ()) -> bytes:
    """2,000 questions in 40 groups; 20,000 choices in 200 lists; conditions and calculations."""
    texts: dict[str, str] = {}

    def said(key: str, inline: str) -> str:
        if not languages:
            return f"<label>{escape(inline)}</label>"
        texts[key] = inline
        return f"<label ref=\"jr:itext('{key}')\"/>"

    lists: list[str] = []
    for listed in range(200):
        items = []
        for number in range(100):
            label = f"{' '.join(random.sample(WORDS, 3))} {number}"
            if languages:
                texts[f"l{listed}-{number}"] = label
                items.append(
                    f"<item><itextId>l{listed}-{number}</itextId><name>c{number}</name></item>"
                )
            else:
                items.append(f"<item><name>c{number}</name><label>{label}</label></item>")
        lists.append(f'<instance id="l{listed}"><root>{"".join(items)}</root></instance>')
    fields, binds, body = [], [], []
    shown = "jr:itext(itextId)" if languages else "label"
    for group in range(40):
        inside, controls = [], []
        for number in range(50):
            name = f"q{number}"
            path = f"/data/g{group}/{name}"
            inside.append(f"<{name}/>")
            label = said(f"{path}:label", f"{' '.join(random.sample(WORDS, 8))}?")
            before = f" /data/g{group}/q{number - 1} "
            match number % 5:
                case 0:
                    binds.append(f'<bind nodeset="{path}" type="int" constraint=". &gt;= 0"/>')
                    controls.append(f'<input ref="{path}">{label}</input>')
                case 1:
                    binds.append(f'<bind nodeset="{path}" type="int" calculate="{before} * 2"/>')
                case 2:
                    binds.append(
                        f'<bind nodeset="{path}" type="string" relevant="{before} &gt; 10" '
                        'required="true()"/>'
                    )
                    controls.append(f'<input ref="{path}">{label}</input>')
                case _:
                    kind = ("select1", "select")[number % 5 - 3]
                    listed = random.randrange(200)
                    binds.append(f'<bind nodeset="{path}" type="string"/>')
                    controls.append(
                        f'<{kind} ref="{path}">{label}'
                        f"<itemset nodeset=\"instance('l{listed}')/root/item\">"
                        f'<value ref="name"/><label ref="{shown}"/></itemset></{kind}>'
                    )
        fields.append(f"<g{group}>{''.join(inside)}</g{group}>")
        label = said(f"/data/g{group}:label", f"Part {group}")
        body.append(f'<group ref="/data/g{group}">{label}{"".join(controls)}</group>')
    itext = ""
    if languages:
        spoken = []
        for language in languages:
            words = "".join(
                f'<text id="{key}"><value>{escape(text)}</value></text>'
                for key, text in texts.items()
            )
            spoken.append(f'<translation lang="{language}">{words}</translation>')
        itext = f"<itext>{''.join(spoken)}</itext>"
    return _form("large", "".join(fields), binds, body, itext + "".join(lists))


def communes_form() -> bytes:
    """Regions, their districts, and 20,000 communes: two nested cascades."""
    regions = "".join(f"<item><name>r{r}</name><label>Region {r}</label></item>" for r in range(10))
    districts = "".join(
        f"<item><name>r{r}_d{d}</name><label>District {d}</label><region>r{r}</region></item>"
        for r in range(10)
        for d in range(20)
    )
    communes = "".join(
        f"<item><name>r{r}_d{d}_c{c}</name><label>Commune {c}</label>"
        f"<region>r{r}</region><district>r{r}_d{d}</district></item>"
        for r in range(10)
        for d in range(20)
        for c in range(100)
    )
    lists = "".join(
        f'<instance id="{name}"><root>{items}</root></instance>'
        for name, items in (("regions", regions), ("districts", districts), ("communes", communes))
    )
    filters = {
        "region": "instance('regions')/root/item",
        "district": "instance('districts')/root/item[region= /data/region ]",
        "commune": "instance('communes')/root/item[region= /data/region "
        " and district= /data/district ]",
    }
    body = [
        f'<select1 ref="/data/{name}"><label>{name}</label><itemset nodeset="{nodes}">'
        '<value ref="name"/><label ref="label"/></itemset></select1>'
        for name, nodes in filters.items()
    ]
    binds = [f'<bind nodeset="/data/{name}" type="string"/>' for name in filters]
    return _form("communes", "<region/><district/><commune/>", binds, body, lists)


def household_form(running: bool) -> bytes:
    """A repeat of ten questions, a sum in each instance, a running sum, and one over all."""
    names = [f"q{number}" for number in range(1, 11)]
    inside = "".join(f"<{name}/>" for name in names) + "<line/><running/>"
    person = "/data/person"
    binds = [f'<bind nodeset="{person}/{name}" type="int"/>' for name in names]
    binds += [
        f'<bind nodeset="{person}/line" type="int" calculate=" ../q1  +  ../q2 "/>',
        '<bind nodeset="/data/total" type="int" calculate="sum( /data/person/q1 )"/>',
    ]
    if running:
        earlier = f"{person} [position() &lt;= position(current()/..)]"
        so_far = f"sum( {earlier}/line )"
        binds.append(f'<bind nodeset="{person}/running" type="int" calculate="{so_far}"/>')
    controls = "".join(
        f'<input ref="{person}/{name}"><label>{name}</label></input>' for name in names
    )
    body = [
        f'<group ref="{person}"><label>Person</label>'
        f'<repeat nodeset="{person}">{controls}</repeat></group>'
    ]
    return _form(
        "household",
        f'<person jr:template="">{inside}</person><person>{inside}</person><total/>',
        binds,
        body,
    )


def questionnaire_form(many: int) -> bytes:
    """So many questions, three of four to be chosen from ten, each relevant by the first."""
    names = [f"q{number}" for number in range(many)]
    binds, body = [], []
    for number, name in enumerate(names):
        condition = " relevant=\" /data/q0 != ''\"" if number else ""
        binds.append(f'<bind nodeset="/data/{name}" type="string"{condition}/>')
        label = f"<label>{name} of <output value=' /data/q0 '/></label>"
        items = "".join(
            f"<item><label>{word}</label><value>{value}</value></item>"
            for value, word in zip(("yes", *WORDS), ("Yes", *WORDS), strict=True)
        )
        control = "select1" if number % 4 else "input"
        inside = label + items if number % 4 else label
        body.append(f'<{control} ref="/data/{name}">{inside}</{control}>')
    return _form("questionnaire", "".join(f"<{name}/>" for name in names), binds, body)
