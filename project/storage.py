"""How static files are named and served."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names that change with the content, also inside JavaScript modules that import each other."""

    support_js_module_import_aggregation = True
