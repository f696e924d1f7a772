"""The page that browses the pictures: one file beside them, no network, pictures loaded as seen."""

from __future__ import annotations

import html
import json
from typing import Any

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parvis: gallery</title>
<meta name="viewport" content="width=device-width">
<style>
body{font:16px/1.4 system-ui,sans-serif;margin:0;background:#F4F2EC;color:#171B2E}
header{position:sticky;top:0;background:#fff;border-bottom:1px solid #6B7188;padding:.6rem 1rem;
display:flex;gap:1rem;flex-wrap:wrap;align-items:center;z-index:1}
h1{font-size:1.1rem;margin:0}label{display:flex;gap:.4rem;align-items:center}
select,input{font:inherit;padding:.3rem}
main{display:grid;gap:1rem;padding:1rem;grid-template-columns:repeat(auto-fill,minmax(var(--w),1fr))}
figure{margin:0;background:#fff;border:1px solid #bbb;border-radius:6px;overflow:hidden}
figure.bad{border:3px solid #75130A}
figure a{display:block;background:#ddd}
img{width:100%;display:block}
figcaption{padding:.4rem .6rem;font-size:.85rem;overflow-wrap:anywhere}
.bad b{color:#75130A}
details{margin:1rem}table{border-collapse:collapse;font-size:.85rem}
td,th{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}
</style></head><body>
<header><h1>Parvis, every screen</h1><form id="filters"></form><span id="count"></span></header>
<details __OPEN__><summary>Measured</summary>__MEASURED__</details>
<main></main>
<script>
const pictures = __PICTURES__;
const names = {size:"Size",language:"Language",palette:"Contrast",text:"Text",screen:"Screen",
scene:"Scene",state:"State"};
const form = document.getElementById("filters"), main = document.querySelector("main");
const first = {palette:"calm",text:"default",part:"1"};
form.style.cssText = "display:flex;gap:.8rem;flex-wrap:wrap";
for (const key of Object.keys(names)) {
  const values = [...new Set(pictures.map(one => one[key]))];
  const label = document.createElement("label"), select = document.createElement("select");
  select.name = key;
  select.append(new Option("all", ""));
  for (const value of values) select.append(new Option(value, value));
  const asked = new URLSearchParams(location.hash.slice(1)).get(key);
  select.value = asked ?? (key === "size" || key === "language" ? values[0]
    : values.includes(first[key]) ? first[key] : "");
  label.append(names[key], select);
  form.append(label);
}
function show() {
  const wanted = [...new FormData(form)].filter(([, value]) => value);
  const shown = pictures.filter(one => wanted.every(([key, value]) => one[key] === value));
  document.getElementById("count").textContent = shown.length + " pictures";
  history.replaceState(null, "", "#" + new URLSearchParams(wanted));
  main.style.setProperty("--w", shown.some(one => one.upright) && shown.every(one => one.upright)
    ? "260px" : "400px");
  main.replaceChildren(...shown.map(one => {
    const figure = document.createElement("figure"), link = document.createElement("a");
    const image = new Image(one.width, one.height);
    image.loading = "lazy";
    image.src = link.href = one.file;
    image.alt = one.scene;
    image.style.height = "auto";
    link.append(image);
    const caption = document.createElement("figcaption"), bold = document.createElement("b");
    bold.textContent = one.scene;
    caption.append(bold, " " + [one.size, one.language, one.palette, one.text].join(", ")
      + (one.part > 1 ? ", part " + one.part : "")
      + (one.bad.length ? ": " + one.bad.join("; ") : ""));
    if (one.bad.length) figure.className = "bad";
    figure.append(link, caption);
    return figure;
  }));
}
form.addEventListener("change", show);
show();
</script></body></html>
"""


def page_of(scenes: list[dict[str, Any]], report: dict[str, Any]) -> str:
    """The whole page."""
    pictures = [picture for scene in scenes for picture in _pictures(scene)]
    return (
        _PAGE.replace("__OPEN__", "open" if report["beyond"] else "")
        .replace("__MEASURED__", _measured(report))
        .replace("__PICTURES__", json.dumps(pictures, ensure_ascii=False).replace("</", "<\\/"))
    )


def _pictures(scene: dict[str, Any]) -> list[dict[str, Any]]:
    width, height = (int(length) for length in scene["size"].split("x"))
    return [
        {
            "file": f"{scene['size']}/{picture['file']}",
            **{key: scene[key] for key in ("size", "language", "screen", "scene")},
            **{key: picture[key] for key in ("palette", "text", "part")},
            "width": width,
            "height": height,
            "upright": height > width,
            "bad": (bad := _bad(scene, picture)),
            "state": "out of bounds" if bad else "within bounds",
        }
        for picture in scene["pictures"]
    ]


def _bad(scene: dict[str, Any], picture: dict[str, Any]) -> list[str]:
    return sorted(
        {
            f"{found['what']} “{found['widget']}” {found['number']:.1f}"
            for found in scene["beyond"]
            if found["text"] == picture["text"]
            and found["part"] == picture["part"]
            and found["palette"] in ("", picture["palette"])
        }
    )


def _measured(report: dict[str, Any]) -> str:
    bounds, sizes = report["bounds"], report["sizes"]
    head = "".join(f"<th>{html.escape(size)}" for size in sizes)
    rows = []
    for what, meaning in bounds.items():
        cells = []
        for size in sizes:
            least = sizes[size]["least"].get(what)
            beyond = sum(
                one["size"] == size
                and (
                    one["what"] == what
                    or (what == "high contrast" and one["what"] == "contrast" and one["bound"] > 10)
                )
                for one in report["beyond"]
            )
            told = f"{least['number']:.1f} ({least['scene']}, {least['language']})" if least else ""
            if beyond:
                told += f" <b>{beyond} out of bounds</b>"
            cells.append(f"<td>{told}")
        rows.append(f"<tr><th>{what}: {html.escape(meaning)}{''.join(cells)}")
    return f"<table><tr><th>{head}{''.join(rows)}</table>"
