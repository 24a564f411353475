"""The built wheel, in an empty virtual environment and outside the checkout, runs the demo."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a virtual environment that holds the wheel and what it requires, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"], ROOT)
    run([UV, "venv", "--quiet", "--python", sys.executable, folder / "env"], folder)
    python = folder / "env/bin/python"
    run(
        [UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", ROOT / "requirements/run.txt"],
        folder,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    run([UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel], folder)
    return folder / "env"


def run(command: list[object], folder: Path) -> None:
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_wheel_plays_the_night_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(installed / "bin/caravan"), "demo", "--speed", "0", "--port", str(port), "--data", "demo"]
    with (tmp_path / "log.txt").open("w+") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin"})
        try:
            features = night_of(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(15)
    galilea = features["shelter:galilea"]["properties"]
    assert galilea["status"] == "over"


def night_of(address: str, process: subprocess.Popen[bytes]) -> dict[str, dict[str, dict[str, object]]]:
    """The official's map once the demo answers."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    limit = time.monotonic() + 90
    while True:
        assert process.poll() is None and time.monotonic() < limit, "the demo did not start"
        try:
            browser.open(f"{address}/health/ready", timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    form = urllib.parse.urlencode({"email": "oficial@simulacro", "password": "simulacro", "volver": "/mapa"}).encode()
    browser.open(f"{address}/entrar", form, timeout=10).close()
    with browser.open(f"{address}/map.geojson", timeout=10) as answer:
        return {feature["id"]: feature for feature in json.load(answer)["features"]}
