"""Django admin: a ModelAdmin as its documentation shows it, and a clerk whose queryset is filtered by his department.

The job is read from the first line of standard input as JSON.
"""

import json
import logging
import sys
from pathlib import Path

from worker import serve

JOB = json.loads(sys.stdin.readline())

import django  # noqa: E402
from django.apps import AppConfig  # noqa: E402
from django.conf import settings  # noqa: E402


class Bench(AppConfig):
    """This file as an application."""

    name = label = "bench"
    path = str(Path(__file__).parent)


settings.configure(
    SECRET_KEY="of a bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": JOB["database"], "HOST": JOB["host"], "USER": JOB["user"],
            "PASSWORD": JOB["password"], "CONN_MAX_AGE": None,
            "OPTIONS": {"options": "-c search_path=peer_django,peer"},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "django.contrib.staticfiles", Bench("bench", sys.modules[__name__]),
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }
    ],
    MIGRATION_MODULES={"bench": None}, STATIC_URL="/static/", USE_TZ=True, TIME_ZONE="Asia/Shanghai", LANGUAGE_CODE="zh-hans",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)  # fmt: skip
django.setup()
logging.disable(logging.WARNING)

from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402


class Department(models.Model):
    name = models.CharField(max_length=200)

    class Meta:
        managed = False
        app_label, db_table = "bench", "department"

    def __str__(self):
        return self.name


class Inspection(models.Model):
    id = models.UUIDField(primary_key=True)
    department = models.ForeignKey(Department, models.PROTECT)
    action_no = models.CharField(max_length=50)
    name = models.CharField(max_length=500)
    subject_name = models.CharField(max_length=200)
    party_name = models.CharField(max_length=200)
    party_id_no = models.CharField(max_length=20)
    check_type = models.CharField(max_length=40)
    check_result = models.CharField(max_length=40)
    checked_on = models.DateField()
    document_no = models.CharField(max_length=100)
    is_late = models.BooleanField()

    class Meta:
        managed = False
        app_label, db_table = "bench", "inspection"


@admin.register(Inspection)
class InspectionAdmin(admin.ModelAdmin):
    list_display = (
        "action_no", "party_name", "check_type", "check_result", "checked_on", "document_no", "is_late", "department",
    )  # fmt: skip
    list_select_related = ("department",)
    list_per_page = 20
    search_fields = ("action_no", "name", "subject_name", "party_name", "party_id_no__exact", "document_no")

    def get_queryset(self, request):
        found = super().get_queryset(request)
        return found.filter(department_id=JOB["county"]) if request.user.username == "county" else found


urlpatterns = [path("admin/", admin.site.urls)]
LIST = "/admin/bench/inspection/"
statements = []


def note(execute, statement, *rest):
    statements.append(statement)
    return execute(statement, *rest)


def main():
    call_command("migrate", verbosity=0)
    clients = {}
    for name in ("county", "province"):
        user, _ = User.objects.get_or_create(username=name, is_staff=True, is_superuser=True)
        clients[name] = Client()
        clients[name].force_login(user)

    def get(case):
        given = {"first": {}, "deep": {"p": JOB["page"]}, "sort": {"o": "-5"}}.get(case["case"]) or {"q": case["word"]}
        answer = clients[case["viewer"]].get(LIST, given if case["case"] != "first" else {})
        return answer.status_code, answer.content

    with connection.execute_wrapper(note):
        serve(get, statements)


main()
