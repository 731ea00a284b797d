"""A registry of implementations: a setting maps keys to classes, and a field of a model holds the key of one.

    DIRECTORY_BACKENDS = {"carddav": "contacts.directories.carddav.CardDavBackend", ...}

    class Directory(ImplDefaultsMixin):
        backend_class = ImplClassField(base_class=DirectoryBackend, registry_setting="DIRECTORY_BACKENDS")

What a row holds is a key and never a path, so nothing that somebody writes into a row is imported. The setting is
read at each use. A class may come with defaults for its row: they go into a new row, once, and only where nobody
said anything. A little over the usual length, so that the rules of seeding can be read in one place.
"""

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class ImplChoice:
    """What a person is told of an implementation before they pick it."""

    key: str
    label: str
    icon: str = ""
    category: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)


class ImplBase:
    """A class that can be picked by its key. Without a key of its own it is abstract, and cannot.

    defaults: names of fields of the row to values for a new row; a foreign key is named by the slug of its target.
    """

    key: ClassVar[str] = ""
    label: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    category: ClassVar[str] = ""
    defaults: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def effective_defaults(cls) -> dict[str, Any]:
        """Return a copy of all defaults along the ancestors: the nearest wins, dicts are merged one level deep."""
        merged: dict[str, Any] = {}
        for ancestor in reversed(cls.__mro__):
            for name, value in vars(ancestor).get("defaults", {}).items():
                if isinstance(value, Mapping) and isinstance(held := merged.get(name), Mapping):
                    value = {**held, **value}
                merged[name] = value
        return copy.deepcopy(merged)

    @classmethod
    def display_label(cls) -> str:
        """Return its own label, else its key in words; a label of an ancestor would speak of something else."""
        return vars(cls).get("label") or in_words(cls.key) or cls.label or cls.__name__

    @classmethod
    def choice(cls) -> ImplChoice:
        return ImplChoice(cls.key, cls.display_label(), cls.icon, cls.category, cls.effective_defaults())

    @classmethod
    def materialize(cls, instance: models.Model, provided: Iterable[str] = ()) -> None:
        """Write the defaults into the fields of instance that are not provided; what is no field of it is left out.

        provided: names of fields, with or without the "_id" of a foreign key. Nothing is saved. A foreign key
        whose target does not exist stays as it is.
        """
        provided = set(provided)
        for name, value in cls.effective_defaults().items():
            target = as_column(type(instance), name)
            if target is not None and provided.isdisjoint({target.name, target.attname}):
                with suppress(LookupError):
                    setattr(instance, target.attname, fitting(target, value))


def in_words(key: str) -> str:
    return key.replace("_", " ").title()


def as_column(model: type[models.Model], name: str) -> models.Field | None:
    with suppress(FieldDoesNotExist):
        found = model._meta.get_field(name)
        if isinstance(found, models.Field) and found.concrete and not found.many_to_many:
            return found
    return None


def fitting(target: models.Field, value: Any) -> Any:
    """Return what a column holds for a default; raises LookupError when the target of a foreign key is missing."""
    if not isinstance(target, models.ForeignKey):
        return value
    if isinstance(value, str):
        related = target.remote_field.model._default_manager.filter(slug=value).first()
        if related is None:
            raise LookupError(value)
        value = related
    return getattr(value, target.target_field.attname) if isinstance(value, models.Model) else value


class _KeyAttribute(DeferredAttribute):
    """Whatever spelling of a key is assigned, the canonical one is read."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        column: ImplClassField = self.field  # type: ignore[assignment]
        instance.__dict__[column.attname] = column.key_for(value)


class ImplClassField(models.CharField):
    """The key of a class in the registry.

    base_class: what every class of the registry must be; registry_setting: the name of the setting that maps keys
    to dotted paths. A migration knows it as plain text, so a new implementation needs none.
    """

    descriptor_class = _KeyAttribute
    default_error_messages = {"invalid_choice": "%(value)s is not one of: %(known)s."}

    def __init__(self, *args: Any, base_class: type | None = None, registry_setting: str = "", **options: Any) -> None:
        self.base_class = base_class
        self.registry_setting = registry_setting
        options.setdefault("max_length", 100)
        if registry_setting:
            options["choices"] = self._choices_now
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, _, args, options = super().deconstruct()
        options.pop("choices", None)
        return name, "django.db.models.CharField", args, options

    @property
    def registry(self) -> Mapping[str, str]:
        """The setting as it is now; raises ImproperlyConfigured when it cannot be used."""
        registry = getattr(settings, self.registry_setting, None)
        if not isinstance(registry, Mapping) or not registry:
            raise ImproperlyConfigured(f"The setting {self.registry_setting} must map keys to paths of classes.")
        if wrong := [key for key in registry if not (isinstance(key, str) and key.isidentifier())]:
            raise ImproperlyConfigured(f"{wrong[0]!r} in the setting {self.registry_setting} is no identifier.")
        return registry

    def key_for(self, value: Any) -> Any:
        """Return the key that a text of any spelling, a member of an enumeration or a class stands for.

        What stands for none comes back as text without the white space around it; expressions as they are.
        """
        if value is None or hasattr(value, "resolve_expression"):
            return value
        registry = getattr(settings, self.registry_setting, {}) if self.registry_setting else {}
        if isinstance(value, type):
            return next((key for key in registry if self.class_for(key) is value), value.__name__)
        text = str(getattr(value, "value", value)).strip()
        return next((key for key in registry if _spelling(key) == _spelling(text)), text)

    def class_for(self, key: Any) -> type:
        """Return the class of a key; raises ImproperlyConfigured, naming the known keys, or the path at fault."""
        key, registry = self.key_for(key), self.registry
        if key not in registry:
            known = ", ".join(sorted(registry))
            raise ImproperlyConfigured(f"{key!r} is not in the setting {self.registry_setting}, which knows: {known}.")
        path = registry[key]
        where = f"{path!r}, which the setting {self.registry_setting} names for {key!r},"
        try:
            found = import_string(path)
        except (ImportError, AttributeError, TypeError) as error:
            raise ImproperlyConfigured(f"{where} cannot be imported: {error}.") from error
        if not (isinstance(found, type) and issubclass(found, self.base_class or object)):
            raise ImproperlyConfigured(f"{where} is no {getattr(self.base_class, '__name__', 'class')}.")
        if issubclass(found, ImplBase) and not found.key:
            raise ImproperlyConfigured(f"{where} is abstract: it has no key.")
        return found

    def impl_choices(self) -> list[ImplChoice]:
        """Return what can be picked now, in the order of the keys, under the keys of the setting."""
        return [self._choice(key) for key in sorted(self.registry)]

    def _choice(self, key: str) -> ImplChoice:
        found = self.class_for(key)
        if not issubclass(found, ImplBase):
            return ImplChoice(key, key)
        return replace(found.choice(), key=key, label=vars(found).get("label") or in_words(key))

    def _choices_now(self) -> list[tuple[str, str]]:
        return [(choice.key, choice.label) for choice in self.impl_choices()]

    def defaults_of(self, key: Any) -> dict[str, Any]:
        """Return the defaults of the implementation under a key, and none for what is no key."""
        known = self.key_for(key) in self.registry
        found = self.class_for(key) if known else object
        return found.effective_defaults() if issubclass(found, ImplBase) else {}

    def to_python(self, value: Any) -> Any:
        return self.key_for(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(self.key_for(value))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        if value not in self.empty_values and value not in self.registry:
            known = {"value": value, "known": ", ".join(sorted(self.registry))}
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params=known)
        super().validate(value, model_instance)

    def check(self, **options: Any) -> list[checks.CheckMessage]:
        return self._check_registry() or super().check(**options)

    def _check_registry(self) -> list[checks.CheckMessage]:
        if not isinstance(self.base_class, type):
            return [checks.Error("An ImplClassField needs a base_class.", obj=self, id="project.E001")]
        if not self.registry_setting:
            return [checks.Error("An ImplClassField needs a registry_setting.", obj=self, id="project.E002")]
        try:
            keys = sorted(self.registry)
        except ImproperlyConfigured as error:
            return [checks.Error(str(error), obj=self, id="project.E002")]
        return [problem for key in keys for problem in self._check_class(key)]

    def _check_class(self, key: str) -> Iterator[checks.CheckMessage]:
        try:
            self.class_for(key)
        except ImproperlyConfigured as error:
            yield checks.Error(str(error), obj=self, id="project.E003" if error.__cause__ else "project.E004")


def _spelling(text: str) -> str:
    return text.casefold().replace("-", "_").replace(" ", "_")


class ImplDefaultsMixin(models.Model):
    """A row whose implementation gives it its first values, wherever nobody else did.

    That happens when it is first inserted (or validated before): by save() and by bulk_create(). What was handed
    to the constructor or assigned since counts as said, a False and an empty text too, and so does everything that
    a ModelForm took from its post. A row that was loaded or saved, and a copy of one, is never touched again.
    """

    # Names that were said (of a row that was loaded, all), and that were seeded since. None: the row was saved.
    _supplied: frozenset[str] | None = None
    _seeded: frozenset[str] = frozenset()

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        by_place = {column.attname for column, _ in zip(self._meta.concrete_fields, args, strict=False)}
        self._supplied = frozenset(by_place | options.keys())

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        # Replaced, not added to: a copy of this row must not hear of what happens to it.
        if self._supplied is not None and name != "_supplied":
            super().__setattr__("_supplied", self._supplied | {name})

    def save(self, *args: Any, **options: Any) -> None:
        super().save(*args, **options)
        self._supplied = None

    @classmethod
    def impl_field(cls, name: str) -> ImplClassField:
        """Return a field by name; raises FieldDoesNotExist if it holds no implementation."""
        found = cls._meta.get_field(name)
        if not isinstance(found, ImplClassField):
            raise FieldDoesNotExist(f"{cls.__name__}.{name} is not an ImplClassField.")
        return found

    @classmethod
    def impl_key_for(cls, name: str, value: Any, default: Any = None) -> str:
        """Return the canonical key for a value, or for default where value is empty.

        Raises ValueError if both are empty, ImproperlyConfigured, naming the known keys, if there is no such key.
        """
        chosen = value or default
        if not chosen:
            raise ValueError(f"{cls.__name__}.{name} needs the key of an implementation.")
        found = cls.impl_field(name)
        found.class_for(chosen)
        return found.key_for(chosen)

    def impl_class(self, name: str) -> type:
        """Return the class whose key the field of this name holds; raises ImproperlyConfigured if there is none."""
        return self.impl_field(name).class_for(getattr(self, name))

    def set_impl_key(self, name: str, value: Any, default: Any = None) -> bool:
        """Pick another implementation in memory, without its defaults; return whether it is another one."""
        key = self.impl_key_for(name, value, default)
        is_changed = getattr(self, name) != key
        setattr(self, name, key)
        return is_changed

    def materialize_impl_defaults(self, name: str, provided: Iterable[str] = ()) -> None:
        """Write the defaults of the implementation into every field that is not provided, whatever stands there."""
        found = self.impl_class(name)
        if issubclass(found, ImplBase):
            found.materialize(self, {*provided, name})

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        with suppress(ImproperlyConfigured):  # an unknown key is told as such, by the field
            self._seed()
        supplied = self._supplied
        try:
            super().clean_fields(exclude)
        finally:
            self._supplied = supplied  # cleaning assigns every field, and says nothing new

    def _prepare_related_fields_for_save(self, operation_name: str, fields: Any = None) -> None:
        # Of all that Django calls before it writes, save() and bulk_create() of every manager share only this.
        self._seed()
        if operation_name == "bulk_create":
            self._supplied = None
        super()._prepare_related_fields_for_save(operation_name, fields)  # type: ignore[misc]

    def _seed(self) -> None:
        if self._supplied is None or not self._state.adding:
            return
        supplied = self._supplied
        try:
            self._unseed(supplied)
            for column in self._meta.concrete_fields:
                if isinstance(column, ImplClassField) and getattr(self, column.attname):
                    self.materialize_impl_defaults(column.name, supplied)
            self._seeded = self._supplied - supplied
        finally:
            self._supplied = supplied

    def _unseed(self, supplied: frozenset[str]) -> None:
        # Somebody may have picked another implementation since.
        for column in self._meta.concrete_fields:
            if column.attname in self._seeded and supplied.isdisjoint({column.name, column.attname}):
                setattr(self, column.attname, column.get_default())
