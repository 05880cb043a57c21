"""Does one thing with Django, for pinning.py, which gives it the login as JSON."""

import contextlib
import json
import sys
import types

from drivers import at_address

LOGIN = json.loads(sys.argv[1])
OPTIONS = LOGIN["options"]
CONNECT = {
    "postgresql": {"hostaddr": LOGIN["address"], "sslmode": "verify-full",
                   "sslrootcert": LOGIN["ca_file"]},
    "mysql": {"ssl_ca": LOGIN["ca_file"], "ssl_verify_cert": True, "ssl_verify_identity": True}}
DATABASE = {
    "ENGINE": f"django.db.backends.{LOGIN['engine']}", "HOST": LOGIN["host"], "PORT": LOGIN["port"],
    "NAME": LOGIN["database"], "USER": LOGIN["user"], "PASSWORD": LOGIN["token"], **OPTIONS,
    "OPTIONS": {**CONNECT[LOGIN["engine"]], **OPTIONS.get("OPTIONS", {})}}


def with_pymysql():
    """Has Django take PyMySQL for mysqlclient, whose version it checks."""
    import pymysql
    pymysql.version_info = (2, 2, 1, "final", 0)
    pymysql.install_as_MySQLdb()
    return at_address(types.SimpleNamespace(**LOGIN))


def main():
    """Sets Django up, as a project's settings do, and has it do what is asked."""
    import django
    from django.conf import settings
    settings.configure(USE_TZ=True, TIME_ZONE="UTC", DATABASES={"default": DATABASE},
                       INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
    django.setup()
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command
    from django.db import connection, transaction

    if LOGIN["does"] == "migrate":
        call_command("migrate", verbosity=0)
        with transaction.atomic():
            list(ContentType.objects.filter(model="user"))
    elif LOGIN["does"] == "query":
        connection.ensure_connection()
    elif LOGIN["does"] == "iterator":
        list(ContentType.objects.iterator(chunk_size=1))
    connection.close()
    print("{}")


if __name__ == "__main__":
    with with_pymysql() if LOGIN["engine"] == "mysql" else contextlib.nullcontext():
        main()
