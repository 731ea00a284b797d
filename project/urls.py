"""Every address of this server."""

from django.contrib import admin
from django.urls import include, path

from project.accounts.urls import allauth_urlpatterns
from project.views import admin_door, healthz, livez

admin.site.login = admin_door  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include(allauth_urlpatterns)),
    path("healthz", healthz, name="healthz"),
    path("livez", livez, name="livez"),
    path("", include("project.accounts.urls")),
    path("contacts/", include("contacts.urls")),
    path("", include("chat.urls")),
]
