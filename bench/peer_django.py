"""Run by the peer's own interpreter: the inspection as a Django model, imported by django-import-export as it comes.

The job is read from standard input as JSON. In the peer's favour: values are stored as they are written (no code lists,
no rules, no quality flags, no row policies) and the party is not looked up among the subjects.
"""

import json
import sys
import time
import uuid
from pathlib import Path

JOB = json.load(sys.stdin)


def connect(name):
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": name, "HOST": JOB["host"], "USER": JOB["user"],
        "PASSWORD": JOB["password"],
    }  # fmt: skip


import django  # noqa: E402
from django.apps import AppConfig  # noqa: E402
from django.conf import settings  # noqa: E402


class Bench(AppConfig):
    """This file as an application."""

    name = label = "bench"
    path = str(Path(__file__).parent)


settings.configure(
    DATABASES={"default": connect(JOB["target"]), "source": connect(JOB["source"])},
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "import_export",
        Bench("bench", sys.modules[__name__]),
    ],
    USE_TZ=True,
    TIME_ZONE="Asia/Shanghai",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.db import connection, connections, models  # noqa: E402
from import_export import fields, resources, widgets  # noqa: E402
from tablib import Dataset  # noqa: E402


def meta(table):
    return type("Meta", (), {"app_label": "bench", "db_table": table})


def text(length, **options):
    return models.CharField(max_length=length, null=True, blank=True, **options)


def target(table, key, column, length):
    """A table that inspections refer to by a code."""
    values = {
        "__module__": __name__,
        "Meta": meta(table),
        "id": key,
        column: models.CharField(max_length=length, unique=True),
    }
    return type(table.title().replace("_", ""), (models.Model,), values)


def identity():
    return models.UUIDField(primary_key=True, default=uuid.uuid4)


Region = target("region", models.IntegerField(primary_key=True), "code", 9)
Department = target("department", models.BigIntegerField(primary_key=True), "name", 200)
SubItem = target("supervision_sub_item", identity(), "sub_code", 14)
ImplementationList = target("implementation_list", identity(), "list_code", 64)
Inspector = target("inspector", identity(), "cert_no", 100)
REFERENCES = {
    "region": (Region, "code"), "department": (Department, "name"), "sub_item": (SubItem, "sub_code"),
    "implementation_list": (ImplementationList, "list_code"),
}  # fmt: skip


class Inspection(models.Model):
    id = identity()
    department = models.ForeignKey(Department, models.PROTECT)
    record_uid = text(100)
    impl_org = text(100)
    impl_org_code = text(20)
    subject_kind = text(40)
    party_name = models.CharField(max_length=200)
    party_nature = models.CharField(max_length=40)
    party_id_type = models.CharField(max_length=40)
    party_id_no = models.CharField(max_length=20)
    address_registered = text(400)
    address_operating = text(400)
    region = models.ForeignKey(Region, models.PROTECT)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = text(50)
    produced_on = models.DateField(null=True)
    accepted_at = models.DateTimeField(auto_now_add=True)
    due_on = models.DateField(null=True)
    is_late = models.BooleanField(null=True)
    entrust_dept = text(100)
    entrust_dept_code = text(20)
    action_no = text(50)
    name = text(500)
    sub_item = models.ForeignKey(SubItem, models.PROTECT)
    implementation_list = models.ForeignKey(ImplementationList, models.PROTECT)
    subject_name = models.CharField(max_length=200)
    plan_id = text(50)
    check_form = models.CharField(max_length=40)
    check_type = models.CharField(max_length=40)
    check_mode = text(40)
    check_result = models.CharField(max_length=40)
    checked_on = models.DateField()
    inspectors = models.ManyToManyField(Inspector)
    document_no = text(100)
    joint_depts = text(500)
    joint_dept_codes = text(500)

    class Meta:
        app_label = "bench"
        db_table = "inspection"
        constraints = [models.UniqueConstraint(fields=["department", "action_no"], name="uq_inspection_key")]
        indexes = [
            models.Index(fields=["department", "document_no"], name="twins_1"),
            models.Index(fields=["party_id_no", "sub_item", "checked_on", "check_type"], name="twins_2"),
        ]


def resource():
    """Every column under its header; references by ForeignKeyWidget; all else as the library's default."""
    columns = {}
    for name, header in JOB["headers"].items():
        if name in REFERENCES:
            widget = widgets.ForeignKeyWidget(*REFERENCES[name])
        elif name == "inspectors":
            widget = widgets.ManyToManyWidget(Inspector, separator="；", field="cert_no")
        else:
            widget = resources.ModelResource.widget_from_django_field(Inspection._meta.get_field(name))()
        columns[name] = fields.Field(attribute=name, column_name=header, widget=widget)
    options = {"model": Inspection, "fields": list(columns), "import_id_fields": ["action_no"]}
    return type("InspectionResource", (resources.ModelResource,), columns | {"Meta": type("Meta", (), options)})()


def prepare():
    """The tables, and in those referred to the rows of the world."""
    with connection.schema_editor() as editor:
        for model in (Region, Department, SubItem, ImplementationList, Inspector, Inspection):
            editor.create_model(model)
    for model, column in (*REFERENCES.values(), (Inspector, "cert_no")):
        with connections["source"].cursor() as cursor:
            cursor.execute(f"SELECT id, {column} FROM {model._meta.db_table}")
            model.objects.bulk_create([model(id=key, **{column: value}) for key, value in cursor.fetchall()])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def server_cpu():
    return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


def imported(importer, is_preview):
    """One pass over the file, as the admin makes it: first to show what would happen, then to store."""
    own, served = time.process_time(), server_cpu()
    with open(JOB["file"], "rb") as stream:
        rows = Dataset().load(stream.read(), format="xlsx")
    result = importer.import_data(rows, dry_run=is_preview)
    cost = {"own": time.process_time() - own, "database": server_cpu() - served}
    if result.has_errors():
        raise SystemExit(str(result.row_errors()[0][1][0].error))
    return cost | {"cpu": sum(cost.values())}


def main():
    prepare()
    importer = resource()
    answer = {"preview": imported(importer, True), "store": imported(importer, False)}
    answer |= {"rows": Inspection.objects.count(), "links": Inspection.inspectors.through.objects.count()}
    print(json.dumps(answer))


main()
