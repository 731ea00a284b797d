"""The directions of imports, as pyproject.toml lists them: each holds today, and each would notice a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.api import read_configuration

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
PACKAGES = ("project", "chat", "contacts")
# contract, module, a line that it must not hold
BREACHES = [
    ("house", "contacts/apps.py", "import chat.models"),
    ("house", "contacts/apps.py", "def later():\n    from chat import models"),
    ("house", "project/models.py", "import contacts.apps"),
    ("house", "project/accounts/apps.py", "import chat.live"),
    ("ground", "project/storage.py", "import project.urls"),
    ("ground", "project/surprise.py", ""),
    ("ground", "project/wire.py", "import project.outgoing"),
    ("chat", "chat/live.py", "import chat.models"),
    ("chat", "chat/models/message.py", "import chat.forms"),
    ("chat", "chat/forms.py", "import chat.views"),
    ("chat", "chat/views/inbox.py", "import chat.urls"),
    ("chat", "chat/surprise.py", ""),
    ("contacts", "contacts/models/party.py", "import contacts.forms"),
    ("contacts", "contacts/sync.py", "import contacts.models"),
    ("contacts", "contacts/directories/base.py", "import contacts.sync"),
    ("contacts", "contacts/card/contact.py", "import contacts.dav"),
    ("contacts", "contacts/vcard.py", "import contacts.card"),
    ("contacts", "contacts/exceptions.py", "import contacts.signals"),
    ("contacts", "contacts/surprise.py", ""),
    ("outgoing", "contacts/dav.py", "import httpx"),
    ("outgoing", "project/worker.py", "from httpcore import ConnectionPool"),
    ("vcard", "contacts/apps.py", "import vobject"),
    ("vcard", "chat/forms.py", "from vobject import base"),
]
DOORS = [
    ("chat/models/message.py", "from channels.layers import get_channel_layer"),
    ("chat/consumers.py", "from channels import layers"),
    ("project/worker.py", "import channels.layers"),
    ("chat/forms.py", "import vobject"),
    ("contacts/dav.py", "import httpx"),
    ("contacts/sync.py", "from httpcore import ConnectionPool"),
    ("contacts/directories/base.py", "from urllib.request import urlopen"),
    ("project/mail.py", "import http.client"),
]


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [TOOLS / "lint-imports", "--no-cache", "--no-logo", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def lint_doors(folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask ruff for imports of what only one module may reach; a noqa does not silence it."""
    command = [TOOLS / "ruff", "check", "--no-cache", "--ignore-noqa", "--select=TID251", *PACKAGES]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the house, to break rules in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"\n{line}\n")


def test_imports_run_one_way() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout


def test_each_outside_world_has_one_speaker() -> None:
    found = lint_doors(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_breach_of_a_contract_is_noticed(copy: Path, contract: str, module: str, line: str) -> None:
    assert lint_imports(copy, "--contract", contract).returncode == 0
    plant(copy / module, line)
    found = lint_imports(copy, "--contract", contract)
    assert found.returncode == 1
    assert "BROKEN" in found.stdout
    assert module.removesuffix(".py").replace("/", ".") in found.stdout


@pytest.mark.parametrize(("module", "line"), DOORS)
def test_a_second_speaker_is_noticed(copy: Path, module: str, line: str) -> None:
    plant(copy / module, line)
    found = lint_doors(copy)
    assert found.returncode == 1
    assert module in found.stdout


def test_every_contract_is_tried() -> None:
    contracts = {options["id"] for options in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]}
    assert contracts == {contract for contract, _, _ in BREACHES}
