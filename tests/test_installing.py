"""Units and examples of docs/installing.md: systemd and proxies read them, what they run exists."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "packaging" / "systemd").iterdir())
PROXIES = ROOT / "packaging" / "proxy"
INSTALLING = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_says_what_is_run_and_as_whom(unit: Path) -> None:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(unit.read_text(encoding="utf-8"))
    assert unit.name in INSTALLING
    if unit.suffix == ".service":
        assert read["Service"]["User"] in ("parvis", "parvis-kiosk")
        assert f"--group --home /var/lib/{read['Service']['User']}" in INSTALLING
        assert "/usr/local/bin/parvis-" in read["Service"]["ExecStart"]
    else:
        assert unit.with_suffix(".service") in UNITS


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_reads_every_unit(tmp_path: Path) -> None:
    here = Path(sys.executable).parent
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/", f"{here}/")
        (tmp_path / unit.name).write_text(text.replace("/usr/bin/xinit", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.split("\n") if str(tmp_path) in line or "parvis" in line]
    assert ours == []


def test_both_proxies_let_a_batch_through_and_hand_on_the_address() -> None:
    caddy = (PROXIES / "Caddyfile").read_text()
    nginx = (PROXIES / "nginx.conf").read_text()
    assert "max_size 17MB" in caddy
    assert "client_max_body_size 17m" in nginx
    for header in ("Host $http_host", "X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {header};" in nginx
    for text in (caddy, nginx):
        assert "127.0.0.1:8765" in text
        assert "/parvis/" in text
    assert {"Caddyfile", "nginx.conf"} == {one.name for one in PROXIES.iterdir()}
    assert all(f"proxy/{one.name}" in INSTALLING for one in PROXIES.iterdir())


@pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here")
def test_nginx_reads_the_example(tmp_path: Path) -> None:
    text = (PROXIES / "nginx.conf").read_text()
    lines = [line for line in text.split("\n") if "ssl" not in line and "[::]" not in line]
    site = "\n".join(lines).replace("server {", "server {\n listen 127.0.0.1:18080;", 1)
    whole = tmp_path / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    done = subprocess.run(
        ["nginx", "-t", "-c", str(whole)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
