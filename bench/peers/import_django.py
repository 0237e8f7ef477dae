"""django-import-export on the inspections: ``defaults`` as it comes, ``bulk`` with all that its documentation advises.

The job is read from standard input as JSON. In both modes values are stored as they are written: no code list, no rule,
no look-up of the party among the subjects. Bulk mode (``use_bulk``, no diffs, the cached loader, ``CachedForeignKeyWidget``) does not store many-to-many links, as its documentation says.
"""

import json
import sys
import uuid
from pathlib import Path

JOB = json.load(sys.stdin)

import django  # noqa: E402
from django.apps import AppConfig  # noqa: E402
from django.conf import settings  # noqa: E402


class Bench(AppConfig):
    """This file as an application."""

    name = label = "bench"
    path = str(Path(__file__).parent)


settings.configure(
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": JOB["database"], "HOST": JOB["host"], "USER": JOB["user"],
        "PASSWORD": JOB["password"],
    }},
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.auth", "import_export", Bench("bench", sys.modules[__name__]),
    ],
    USE_TZ=True,
    TIME_ZONE="Asia/Shanghai",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)  # fmt: skip
django.setup()

from django.db import connection, models  # noqa: E402
from import_export import fields, instance_loaders, resources, widgets  # noqa: E402
from tablib import Dataset  # noqa: E402
from worker import Spent  # noqa: E402


def meta(table):
    return type("Meta", (), {"app_label": "bench", "db_table": table, "managed": False})


def text(length):
    return models.CharField(max_length=length, null=True, blank=True)


def target(table, key, **columns):
    """A table that inspections refer to by a code."""
    values = {"__module__": __name__, "Meta": meta(table), "id": key, **columns}
    return type(table.title().replace("_", ""), (models.Model,), values)


def identity():
    return models.UUIDField(primary_key=True, default=uuid.uuid4)


Region = target("region", models.IntegerField(primary_key=True), code=text(9))
Department = target(
    "department", models.BigIntegerField(primary_key=True), name=text(200), region_id=models.IntegerField()
)
SubItem = target("supervision_sub_item", identity(), sub_code=text(14))
ImplementationList = target("implementation_list", identity(), list_code=text(64))
Inspector = target("inspector", identity(), cert_no=text(100))
REFERENCES = {
    "region": (Region, "code"), "department": (Department, "name"), "sub_item": (SubItem, "sub_code"),
    "implementation_list": (ImplementationList, "list_code"),
}  # fmt: skip


class Inspection(models.Model):
    id = identity()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.IntegerField(default=1)
    department = models.ForeignKey(Department, models.PROTECT)
    scope_region = models.IntegerField()
    party_name = models.CharField(max_length=200)
    party_nature = models.CharField(max_length=40)
    party_id_type = models.CharField(max_length=40)
    party_id_no = models.CharField(max_length=20)
    party_id_no_mark = models.UUIDField(default=uuid.uuid4)
    address_operating = text(400)
    region = models.ForeignKey(Region, models.PROTECT)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = text(50)
    action_no = text(50)
    sub_item = models.ForeignKey(SubItem, models.PROTECT)
    implementation_list = models.ForeignKey(ImplementationList, models.PROTECT)
    subject_name = models.CharField(max_length=200)
    check_form = models.CharField(max_length=40)
    check_type = models.CharField(max_length=40)
    check_mode = text(40)
    check_result = models.CharField(max_length=40)
    checked_on = models.DateField()
    inspectors = models.ManyToManyField(Inspector, db_table="inspection_inspectors")
    document_no = text(100)

    class Meta:
        app_label = "bench"
        db_table = "inspection"
        managed = False


class InspectionResource(resources.ModelResource):
    def before_save_instance(self, instance, row, **_):
        instance.scope_region = instance.department.region_id


def resource(is_bulk):
    """Every column under its header; references by their codes; all else as the library's default."""
    columns = {}
    for name, header in JOB["headers"].items():
        if name in REFERENCES:
            widget = (widgets.CachedForeignKeyWidget if is_bulk else widgets.ForeignKeyWidget)(*REFERENCES[name])
        elif name == "inspectors":
            widget = widgets.ManyToManyWidget(Inspector, separator="；", field="cert_no")
        else:
            widget = resources.ModelResource.widget_from_django_field(Inspection._meta.get_field(name))()
        columns[name] = fields.Field(attribute=name, column_name=header, widget=widget)
    options = {"model": Inspection, "fields": list(columns), "import_id_fields": ["department", "action_no"]}
    if is_bulk:
        options |= {
            "use_bulk": True, "batch_size": 1000, "skip_diff": True, "skip_html_diff": True, "import_id_fields": ["action_no"],
            "instance_loader_class": instance_loaders.CachedInstanceLoader,
        }  # fmt: skip
    return type("Imported", (InspectionResource,), columns | {"Meta": type("Meta", (), options)})()


def imported(importer, is_preview):
    """One pass over the file, as the admin makes it: first to show what would happen, then to store."""
    with Spent(connection.connection.info.backend_pid) as spent:
        with open(JOB["file"], "rb") as stream:
            rows = Dataset().load(stream.read(), format="xlsx")
        result = importer.import_data(rows, dry_run=is_preview)
    if result.has_errors():
        raise SystemExit(str(result.row_errors()[0][1][0].error))
    return spent.told(), len(rows)


def main():
    with connection.cursor() as cursor:
        cursor.execute("""SET app.who = '{"actor": 0, "name": "bench"}'""")
    importer = resource(JOB["mode"] == "bulk")
    preview, _ = imported(importer, True)
    store, rows = imported(importer, False)
    print(json.dumps({"preview": preview, "store": store, "rows": rows}))


main()
