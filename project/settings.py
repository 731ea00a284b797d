"""Parley's settings, from the environment (docs/deployment.md lists every variable).

Nothing elsewhere asks whether this is one small machine or a cluster: here DATABASE_URL and REDIS_URL decide it.
A value that makes no sense raises ImproperlyConfigured with one sentence, and the start stops. The file is long so
that there is one place to look.
"""

import base64
import binascii
import contextlib
import ipaddress
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def flag(name: str, default: bool) -> bool:
    """Return a yes/no variable; raises ImproperlyConfigured for a value that is neither."""
    text = env.str(name, default="").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")


def port_number(name: str, default: int) -> int:
    """Return a TCP port; raises ImproperlyConfigured outside 1 to 65535."""
    text = env.str(name, default=str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ImproperlyConfigured(f"{name} must be a port between 1 and 65535, not {text!r}.")
    return int(text)


def whole_number(name: str, default: int) -> int:
    """Return a number from 1 on; raises ImproperlyConfigured for anything else."""
    text = env.str(name, default="").strip() or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 on, not {text!r}.")
    return int(text)


def kept_secret(path: Path, fresh: str) -> str:
    """Return what a file of the data folder keeps; the first start writes fresh there, readable by the owner only."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())  # what it encrypts must not outlive it
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def require_credential_keys(text: str, where: str) -> tuple[str, ...]:
    """Return the keys of a list separated by commas; raises ImproperlyConfigured for one that is none (Fernet)."""
    keys = tuple(key.strip() for key in text.split(","))
    for key in keys:
        with contextlib.suppress(binascii.Error, ValueError):
            raw = base64.urlsafe_b64decode(key)
            if len(raw) == 32 and base64.urlsafe_b64encode(raw).decode() == key:
                continue
        raise ImproperlyConfigured(f"{where} must hold keys of 32 bytes in URL-safe base64, separated by commas.")
    return keys


def private_networks(name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return a list of networks; raises ImproperlyConfigured for what is none."""
    networks = []
    for text in filter(None, (part.strip() for part in env.str(name, default="").split(","))):
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError:
            raise ImproperlyConfigured(f"{name} must name networks such as 192.168.1.0/24, not {text!r}.") from None
    return tuple(networks)


def region(name: str) -> str:
    """Return an ISO 3166 code of a country with telephones, or ""; raises ImproperlyConfigured for anything else."""
    text = env.str(name, default="").strip().upper()
    if text:
        from phonenumbers import SUPPORTED_REGIONS

        if text not in SUPPORTED_REGIONS:
            raise ImproperlyConfigured(f"{name} must be a country's code of two letters such as DE, not {text!r}.")
    return text


# --- Where things are ----------------------------------------------------------------------------------------
PARLEY_DATA = Path(env.str("PARLEY_DATA", default=str(BASE_DIR / "data"))).expanduser().resolve()
try:
    PARLEY_DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
except OSError as error:
    raise ImproperlyConfigured(f"PARLEY_DATA names a folder that cannot be made: {error.strerror}.") from None
HOST = env.str("HOST", default="127.0.0.1")
PORT = port_number("PORT", 8000)
DEBUG = flag("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret(PARLEY_DATA / "secret_key", secrets.token_urlsafe(50))

# The one address that people type. Sockets are opened from it only, and links in e-mails start with it.
ORIGIN = env.str("ORIGIN", default="").rstrip("/")
_origin = urlsplit(ORIGIN)
if ORIGIN and (_origin.scheme not in {"http", "https"} or not _origin.hostname or _origin.path):
    raise ImproperlyConfigured(f"ORIGIN must look like https://chat.example.org, not {ORIGIN!r}.")
IS_HTTPS = _origin.scheme == "https"
# This machine may always ask itself: its own health check does.
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *filter(None, [_origin.hostname]),
    *env.list("ALLOWED_HOSTS", default=[]),
]
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN else []

# --- The rooms -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "project",
    "project.accounts",
    "contacts",
    "chat",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "huey.contrib.djhuey",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "project.accounts.middleware.TimeZoneMiddleware",
    "project.accounts.middleware.FirstVisitMiddleware",
]
ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.accounts.context_processors.server",
                "chat.context_processors.names",
            ],
            "builtins": ["project.accounts.templatetags.people"],
        },
    }
]

# --- Data ----------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{PARLEY_DATA / 'parley.sqlite3'}"
if urlsplit(DATABASE_URL).scheme not in {"sqlite", "postgres", "postgresql"}:
    raise ImproperlyConfigured("DATABASE_URL must start with sqlite:/// or postgres://.")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["TEST"] = {}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Acknowledged means on disk (FULL); a writer takes its lock at the start instead of failing in the middle
    # (IMMEDIATE), and waits for the one before it (timeout, in seconds).
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    # The last connection to close would checkpoint the whole log: threads keep theirs as long as they live.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    # Threads of one test share a file; a database in memory could not be shared.
    DATABASES["default"]["TEST"]["NAME"] = str(PARLEY_DATA / "test.sqlite3")
else:
    # Under ASGI every request may come on another thread: a pool is what bounds the connections.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss:// or unix://.")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "parley"},
        }
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    HUEY = {"name": "parley", "huey_class": "huey.RedisHuey", "immediate": False, "url": REDIS_URL}
else:
    # One process: nothing has to travel, but the one path through the layer stays the same. Its capacity is
    # raised because the layer drops, without an error, what does not fit.
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 100_000}}}
    # Rate limits are counted here; a small cache could be flooded until it forgets them.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
    HUEY = {
        "name": "parley",
        "huey_class": "huey.SqliteHuey",
        "immediate": False,
        "filename": str(PARLEY_DATA / "tasks.sqlite3"),
    }

MEDIA_ROOT = PARLEY_DATA / "media"
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "project.storage.StaticStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Contacts, and the servers of others ------------------------------------------------------------------------
# Passwords for other people's servers are encrypted with the first key, and read with any. Where the environment
# names none, they are in the data folder, where `manage.py rotate_credential_key` changes them while Parley runs.
CREDENTIAL_KEY_FILE = PARLEY_DATA / "credential_key"
CREDENTIAL_KEYS: tuple[str, ...] = ()
if _keys := env.str("CREDENTIAL_KEY", default="").strip():
    CREDENTIAL_KEYS = require_credential_keys(_keys, "CREDENTIAL_KEY")
else:
    _keys = kept_secret(CREDENTIAL_KEY_FILE, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    require_credential_keys(_keys, "The file credential_key in PARLEY_DATA")
# Networks that people of this server may reach with it, though they are not public.
PARLEY_PRIVATE_NETWORKS = private_networks("PARLEY_PRIVATE_NETWORKS")
# What a telephone number without a country prefix belongs to.
DEFAULT_REGION = region("DEFAULT_REGION")
# The largest file of contacts that somebody may upload, in MiB. What waits in front of the server must let it pass.
IMPORT_MAX_MIB = whole_number("IMPORT_MAX_MIB", 32)
DIRECTORY_BACKENDS = {
    "carddav": "contacts.directories.carddav.CardDavBackend",
    "manual": "contacts.directories.manual.ManualBackend",
    "memory": "contacts.directories.memory.MemoryBackend",
    "vcf": "contacts.directories.vcf.VcfBackend",
}

# --- Accounts ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
OPEN_SIGNUP = flag("OPEN_SIGNUP", False)
# Whether people find everybody who has an account here, by name and address, or only those whom they talk with.
MEMBERS_FIND_EACH_OTHER = flag("MEMBERS_FIND_EACH_OTHER", True)
EMAIL_URL = env.str("EMAIL_URL", default="")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "chat:inbox"
ACCOUNT_ADAPTER = "project.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "project.accounts.adapter.user_display"
# Without a way to send e-mail nobody could ever confirm an address; with one, everybody does.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_URL else "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL_URL)
ACCOUNT_FORMS = {"signup": "project.accounts.forms.SignupForm"}

# --- E-mail: handed to the worker, so that no page waits for a mail server --------------------------------------
EMAIL_BACKEND = "project.mail.QueuedEmailBackend"
try:
    _email = env.email_url_config(EMAIL_URL) if EMAIL_URL else {}
except (ImproperlyConfigured, ValueError):
    raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://name:password@mail.example.org:587.") from None
DELIVERY_EMAIL_BACKEND = _email.get("EMAIL_BACKEND", "project.mail.FolderEmailBackend")
EMAIL_FILE_PATH = _email.get("EMAIL_FILE_PATH") or str(PARLEY_DATA / "mail")
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("FROM_EMAIL", default=f"Parley <parley@{_origin.hostname or 'localhost'}>")

# --- What a browser may do -----------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_ENGINE = "project.accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # the proxy does it, and health checks speak plain HTTP
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if IS_HTTPS else 0
# Subdomains, preloading and the redirect to https are for the operator's proxy and domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
X_FRAME_OPTIONS = "DENY"
# Only a proxy that the operator names may say what the browser's own address and scheme were.
BEHIND_PROXY = flag("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the form of a contact has four for each of its addresses and numbers
CSRF_FAILURE_VIEW = "project.views.csrf_failure"

# --- Language, time, logs --------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "project": {"level": "INFO"},
        "chat": {"level": "INFO"},
        "contacts": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
    },
}
