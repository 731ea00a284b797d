"""Where the pages of the chat are."""

from django.urls import path

import project.converters  # noqa: F401 - registers "id"

from .views import changes, conversations, inbox, invites, messages, names, participants, people, picker

app_name = "chat"

urlpatterns = [
    path("", inbox.index, name="inbox"),
    path("left/", inbox.left, name="left"),
    path("names/", names.index, name="names"),
    path("new/", picker.new, name="new"),
    path("c/", picker.create, name="start"),
    path("c/<id:public_id>/", conversations.show, name="conversation"),
    path("c/<id:public_id>/row/", inbox.row, name="row"),
    path("c/<id:public_id>/messages/", messages.collection, name="messages"),
    path("c/<id:public_id>/changes/", changes.index, name="changes"),
    path("c/<id:public_id>/read/", messages.read, name="read"),
    path("c/<id:public_id>/title/", conversations.rename, name="rename"),
    path("c/<id:public_id>/leave/", participants.leave, name="leave"),
    path("c/<id:public_id>/people/", participants.collection, name="people"),
    path("c/<id:public_id>/people/<id:person_id>/remove/", participants.remove, name="remove"),
    path("c/<id:public_id>/people/<id:person_id>/invite/", participants.invite_back, name="invite_back"),
    path("c/<id:public_id>/invited/<id:invite_id>/again/", invites.again, name="invite_again"),
    path("c/<id:public_id>/invited/<id:invite_id>/withdraw/", invites.withdraw, name="invite_withdraw"),
    path("c/<id:public_id>/invited/<id:invite_id>/person/", invites.identify, name="invite_identify"),
    path("invited/", invites.arrived, name="arrived"),
    path("invited/<invitation_token:token>/", invites.invited, name="invited"),
    path("people/<id:public_id>/", people.show, name="person"),
    path("people/<id:public_id>/add/", people.add, name="add_contact"),
    path("people/<id:public_id>/contact/", people.recognised, name="recognise"),
    path("people/<id:public_id>/contact/deny/", people.denied, name="deny"),
    path("people/<id:public_id>/block/", people.block, name="block"),
    path("people/<id:public_id>/unblock/", people.unblock, name="unblock"),
]
