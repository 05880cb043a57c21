"""Does one thing with Django, for pinning.py, which gives it the login as JSON."""

import json
import sys

LOGIN = json.loads(sys.argv[1])
OPTIONS = LOGIN["options"]
DATABASE = {
    "ENGINE": "django.db.backends.postgresql", "HOST": LOGIN["host"], "PORT": LOGIN["port"],
    "NAME": LOGIN["database"], "USER": LOGIN["user"], "PASSWORD": LOGIN["token"], **OPTIONS,
    "OPTIONS": {"hostaddr": LOGIN["address"], "sslmode": "verify-full",
                "sslrootcert": LOGIN["ca_file"], **OPTIONS.get("OPTIONS", {})}}


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
    main()
