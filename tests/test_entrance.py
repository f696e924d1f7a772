"""Every command can be interrupted while it is loaded, and says what is not installed."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]

INTERRUPTED = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("click", "cryptography"):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
sys.argv = ["command", "--help"]
from {module} import {function}
{function}()
"""


@pytest.mark.parametrize("command", SCRIPTS)
def test_control_c_while_a_command_is_loaded_shows_no_traceback(command):
    module, _, function = SCRIPTS[command].partition(":")
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(module=module, function=function)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == -signal.SIGINT
    assert ran.stderr == "" == ran.stdout


@pytest.mark.parametrize("command", SCRIPTS)
def test_every_command_tells_what_it_does(command):
    module, _, function = SCRIPTS[command].partition(":")
    run = (
        f"import sys; sys.argv = ['{command}', '--help']; from {module} import {function} as f; f()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", run, "--help"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "sage" in ran.stdout


HIDDEN = """
import sys
class Hides:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hides())
for known in [one for one in sys.modules if one.partition(".")[0] in {hidden!r}]:
    del sys.modules[known]
sys.argv = {argv!r}
from {module} import {function}
{function}()
"""

OF_EXTRAS = (
    *("accesskit", "arabic_reshaper", "av", "babel", "kivy", "openpyxl", "PIL", "plyer", "bidi"),
    *("escpos", "qrcode", "requests", "sqlite_utils", "zxingcpp", "jinja2", "obstore", "fpdf"),
    *("prometheus_client", "psycopg", "sqlalchemy", "starlette", "uvicorn", "pyxform"),
    "shamir_mnemonic",
)


def without(modules, *words):
    """Run a command where these modules are not installed."""
    module, _, function = SCRIPTS[words[0]].partition(":")
    script = HIDDEN.format(
        hidden=tuple(modules), argv=[str(word) for word in words], module=module, function=function
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env=os.environ | {"SDL_VIDEODRIVER": "offscreen"},
    )


def subcommands():
    """Every command that there is, with what it lacks to be understood filled in."""
    import click

    from forms.commands import main as forms
    from kiosk.commands import main as kiosk
    from sync.desk.commands import main as desk
    from sync.server.commands import main as server

    def walk(words, command):
        if isinstance(command, click.Group):
            for name, one in command.commands.items():
                yield from walk((*words, name), one)
        else:
            yield words, command

    for name, group in (
        ("parvis-forms", forms),
        ("parvis-kiosk", kiosk),
        ("parvis-desk", desk),
        ("parvis-server", server),
    ):
        yield from walk((name,), group)


SUBCOMMANDS = list(subcommands())


@pytest.mark.parametrize(
    "words, command", SUBCOMMANDS, ids=[" ".join(words) for words, _ in SUBCOMMANDS]
)
def test_a_command_without_its_extra_says_which_to_install(words, command, tmp_path):
    import click

    table = tmp_path / "form.xlsx"
    table.write_bytes(b"PK\x03\x04")
    given = []
    for one in command.params:
        kind = one.type
        path = str(table) if isinstance(kind, click.Path) and kind.file_okay else str(tmp_path)
        value = {"integer": "1"}.get(kind.name, path if isinstance(kind, click.Path) else "x")
        if isinstance(one, click.Argument):
            given.append(value)
        elif one.required:
            given += [one.opts[0], value]
        elif one.opts[0] == "--pin":
            given += ["--pin", "4731"]
    ran = without(OF_EXTRAS, *words, *given)
    assert "Traceback" not in ran.stderr
    if "is not installed" in ran.stderr:
        assert ran.returncode == 1
        assert len(ran.stderr.strip().splitlines()) == 1
        extra = {"forms": "desk"}.get(words[0][7:], words[0][7:])
        assert f"pip install 'parvis[{extra}]'" in ran.stderr


@pytest.mark.parametrize(
    "hidden, words, extra",
    [
        ("openpyxl", ("parvis-desk", "publish", "{form}", "--keys", "k", "--out", "o"), "desk"),
        ("pyxform", ("parvis-forms", "check", "{form}"), "desk"),
        ("openpyxl", ("parvis-forms", "check", "{form}"), "desk"),
        ("sqlite_utils", ("parvis-kiosk", "people", "list", "--data", "{data}"), "kiosk"),
        ("kivy", ("parvis-kiosk", "run", "--data", "{data}"), "kiosk"),
        ("openpyxl", ("parvis-kiosk", "transcribe", "{id}", "{form}", "--data", "{data}"), "kiosk"),
        ("escpos", ("parvis-kiosk", "printer", "--at", "usb:1:2", "--data", "{data}"), "kiosk"),
        ("sqlalchemy", ("parvis-server", "devices", "--data", "{new}"), "server"),
        ("uvicorn", ("parvis-server", "run", "--data", "{new}"), "server"),
    ],
)
def test_one_module_that_is_missing_is_named_with_its_extra(tmp_path, hidden, words, extra):
    from openpyxl import Workbook

    from tests.kiosk.paper import Desk, consultation

    book = Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label"])
    book.active.append(["text", "idee", "Idée ?"])
    book.save(tmp_path / "form.xlsx")
    places = {
        "form": tmp_path / "form.xlsx",
        "data": Desk(tmp_path).data,
        "new": tmp_path / "new",
        "id": consultation().id,
    }
    ran = without((hidden,), *(word.format(**places) for word in words))
    expected = f"“{hidden}” is not installed, and this command needs it: "
    assert ran.stderr == f"{expected}pip install 'parvis[{extra}]'\n"
    assert ran.returncode == 1


def test_what_every_installation_has_is_installed_without_an_extra():
    ran = without(("click",), "parvis-desk", "--help")
    assert ran.stderr.endswith("pip install 'parvis'\n")


def test_a_module_of_ours_that_is_missing_is_a_mistake_and_not_an_extra():
    ran = without(("sync",), "parvis-kiosk", "--help")
    assert "Traceback" in ran.stderr
