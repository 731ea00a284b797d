"""Where the pages of the address book are."""

from django.urls import path

import project.converters  # noqa: F401 - registers "id"

from .views import (
    avatars,
    book,
    connecting,
    directories,
    exports,
    groups,
    imports,
    merging,
    parties,
    quarantine,
    review,
)

app_name = "contacts"

urlpatterns = [
    path("", book.index, name="book"),
    path("new/", parties.create, name="new"),
    path("removed/", book.removed, name="removed"),
    # One party
    path("<id:public_id>/", parties.show, name="party"),
    path("<id:public_id>/card/", parties.card, name="card"),
    path("<id:public_id>/edit/", parties.edit, name="edit"),
    path("<id:public_id>/remove/", parties.remove, name="remove"),
    path("<id:public_id>/restore/", parties.restore, name="restore"),
    path("<id:public_id>/erase/", parties.erase, name="erase"),
    path("<id:public_id>/groups/", groups.of_party, name="party_groups"),
    path("<id:public_id>/avatar/", avatars.show, name="avatar"),
    path("<id:public_id>/export.vcf", exports.party, name="export_party"),
    # Two that are one, and doubtful links
    path("<id:public_id>/merge/", merging.pick, name="merge"),
    path("<id:public_id>/merge/<id:other_id>/", merging.compare, name="compare"),
    path("<id:public_id>/apart/<id:other_id>/", merging.keep_apart, name="keep_apart"),
    path("<id:public_id>/unmerge/", merging.unmerge, name="unmerge"),
    path("review/", review.index, name="review"),
    path("<id:public_id>/handles/<id:handle_id>/confirm/", review.confirm, name="confirm"),
    path("<id:public_id>/handles/<id:handle_id>/dismiss/", review.dismiss, name="dismiss"),
    # Groups
    path("groups/", groups.index, name="groups"),
    path("groups/<id:public_id>/", groups.show, name="group"),
    path("groups/<id:public_id>/rename/", groups.rename, name="group_rename"),
    path("groups/<id:public_id>/delete/", groups.delete, name="group_delete"),
    path("groups/<id:public_id>/people/", groups.add, name="group_add"),
    path("groups/<id:public_id>/people/<id:party_id>/remove/", groups.remove, name="group_remove"),
    # Where contacts come from and go to
    path("directories/", directories.index, name="directories"),
    path("directories/new/", connecting.create, name="directory_create"),
    path("directories/new/prefill/", connecting.prefill_fields, name="directory_prefill"),
    path("directories/new/<id:public_id>/", connecting.choose, name="directory_choose"),
    path("directories/<id:public_id>/", directories.show, name="directory"),
    path("directories/<id:public_id>/edit/", connecting.update, name="directory_update"),
    path("directories/<id:public_id>/sync/", directories.sync, name="directory_sync"),
    path("directories/<id:public_id>/pause/", directories.pause, name="directory_pause"),
    path("directories/<id:public_id>/resume/", directories.resume, name="directory_resume"),
    path("directories/<id:public_id>/remove/", directories.remove, name="directory_remove"),
    path("directories/<id:public_id>/books/", directories.books, name="directory_books"),
    path(
        "directories/<id:public_id>/books/<id:folder_id>/allow/",
        directories.allow_vanishing,
        name="allow_vanishing",
    ),
    path("directories/<id:public_id>/quarantined/", quarantine.index, name="quarantined"),
    path("directories/<id:public_id>/quarantined/<id:card_id>/", quarantine.show, name="quarantined_card"),
    path("directories/<id:public_id>/quarantined/<id:card_id>.vcf", quarantine.download, name="quarantined_file"),
    path("import/", imports.index, name="import"),
    path("import/<id:public_id>/", imports.show, name="import_show"),
    path("import/<id:public_id>/confirm/", imports.confirm, name="import_confirm"),
    path("import/<id:public_id>/discard/", imports.discard, name="import_discard"),
    path("export.vcf", exports.index, name="export"),
]
