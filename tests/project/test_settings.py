"""What the environment says about contacts, and what the data folder keeps; a bad value stops the start."""

import os
import subprocess
import sys
import threading
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from project import settings as parley
from tests.services import SETTINGS_FROM_OUTSIDE

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = Fernet.generate_key().decode()


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        (" , ", []),
        ("192.168.1.0/24", ["192.168.1.0/24"]),
        (" 127.0.0.1 , fd00::/8,", ["127.0.0.1/32", "fd00::/8"]),
    ],
)
def test_private_networks_are_named_one_by_one(monkeypatch, text, networks):
    monkeypatch.setenv("PARLEY_PRIVATE_NETWORKS", text)
    assert list(parley.private_networks("PARLEY_PRIVATE_NETWORKS")) == [ip_network(network) for network in networks]


@pytest.mark.parametrize("text", ["home", "192.168.1.7/24", "192.168.1.0/33", "192.168.1.0-9", "10/8", "all", "*"])
def test_what_is_no_network_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("PARLEY_PRIVATE_NETWORKS", f"127.0.0.1,{text}")
    with pytest.raises(ImproperlyConfigured, match="PARLEY_PRIVATE_NETWORKS must name networks such as"):
        parley.private_networks("PARLEY_PRIVATE_NETWORKS")


@pytest.mark.parametrize(("text", "region"), [("", ""), ("DE", "DE"), (" de ", "DE"), ("US", "US"), ("GG", "GG")])
def test_the_region_of_telephone_numbers(monkeypatch, text, region):
    monkeypatch.setenv("DEFAULT_REGION", text)
    assert parley.region("DEFAULT_REGION") == region


@pytest.mark.parametrize("text", ["UK", "Germany", "001", "D", "+49", "XX"])
def test_a_region_without_telephones_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("DEFAULT_REGION", text)
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_REGION must be a country's code"):
        parley.region("DEFAULT_REGION")


def test_keys_of_credentials_stand_in_a_list():
    assert parley.require_credential_keys(f"{KEY} , {KEY}", "CREDENTIAL_KEY") == (KEY, KEY)


@pytest.mark.parametrize(
    "wrong", ["", "secret", KEY[:-1], KEY + "=", f"{KEY},", f"{KEY},secret", f" {KEY} x", "\u2603" * 44]
)
def test_what_is_no_key_stops_the_start_and_is_not_repeated(wrong):
    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEY must hold keys of 32 bytes") as error:
        parley.require_credential_keys(wrong, "CREDENTIAL_KEY")
    assert "secret" not in str(error.value)
    assert KEY not in str(error.value)


def test_what_the_first_start_makes_is_kept_for_the_owner_only(tmp_path):
    path = tmp_path / "credential_key"
    assert parley.kept_secret(path, KEY) == KEY
    assert parley.kept_secret(path, "other") == KEY
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["credential_key"]


def test_of_many_first_starts_one_makes_the_key(tmp_path):
    kept: list[str] = []
    barrier = threading.Barrier(8)

    def start(number: int) -> None:
        barrier.wait()
        kept.append(parley.kept_secret(tmp_path / "credential_key", f"key {number}"))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 8
    assert len(set(kept)) == 1
    assert os.listdir(tmp_path) == ["credential_key"]


SHOW = "from project import settings as s; print(s.CREDENTIAL_KEYS, s.DEFAULT_REGION, s.PARLEY_PRIVATE_NETWORKS)"


def start(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Python with nothing but these variables, as an operator would."""
    outside = {name: value for name, value in os.environ.items() if name not in SETTINGS_FROM_OUTSIDE}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**outside, "PARLEY_DATA": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_word_everything_starts_and_the_keys_are_kept(tmp_path):
    started = start(tmp_path, "-c", SHOW)
    assert (started.stdout, started.stderr) == ("()  ()\n", "")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "secret_key": 0o600, "credential_key": 0o600,
    }  # fmt: skip
    parley.require_credential_keys((tmp_path / "credential_key").read_text(), "")


def test_a_key_from_outside_is_not_kept(tmp_path):
    started = start(tmp_path, "-c", SHOW, CREDENTIAL_KEY=KEY, DEFAULT_REGION="cz", PARLEY_PRIVATE_NETWORKS="10.0.0.0/8")
    assert started.stdout == f"('{KEY}',) CZ (IPv4Network('10.0.0.0/8'),)\n"
    assert not (tmp_path / "credential_key").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CREDENTIAL_KEY", "secret"), ("DEFAULT_REGION", "UK"), ("PARLEY_PRIVATE_NETWORKS", "home")],
)
def test_a_bad_value_stops_the_start_with_a_sentence(tmp_path, variable, value):
    started = start(tmp_path, "manage.py", "check", **{variable: value})
    assert (started.returncode, started.stdout) == (1, "")
    [line] = started.stderr.splitlines()
    assert line.startswith(f"Parley cannot start: {variable} must")


@pytest.mark.parametrize("content", ["", "secret"])
def test_a_kept_key_that_is_broken_stops_the_start_and_is_not_replaced(tmp_path, content):
    (tmp_path / "credential_key").write_text(content)
    started = start(tmp_path, "manage.py", "check")
    assert started.returncode == 1
    [line] = started.stderr.splitlines()
    assert line.startswith("Parley cannot start: The file credential_key in PARLEY_DATA must hold keys")
    assert (tmp_path / "credential_key").read_text() == content
