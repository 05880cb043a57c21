"""Does one thing with Hibernate over pgjdbc, for pinning.py, which gives it the login as JSON."""

import jpype

from log_in_jdbc import VERIFIED, run


def settings(login):
    """What Hibernate hands to the driver, and what it does itself."""
    verified, authority = VERIFIED["postgresql"]
    url = f"jdbc:postgresql://{login['host']}:{login['port']}/{login['database']}"
    driver = {"url": url, "driver_class": "org.postgresql.Driver", "username": login["user"],
              "password": login["token"], **verified, authority: login["ca_file"]}
    return {**driver, **login["properties"]}


def main(login):
    """Some queries in a transaction."""
    configuration = jpype.JClass("org.hibernate.cfg.Configuration")()
    configuration.setProperty("hibernate.dialect", "org.hibernate.dialect.PostgreSQLDialect")
    for name, value in settings(login).items():
        configuration.setProperty(f"hibernate.connection.{name}", value)
    factory = configuration.buildSessionFactory()
    session = factory.openSession()
    transaction = session.beginTransaction()
    for _ in range(7):
        session.createSQLQuery("SELECT cast(:it AS int)").setParameter("it", jpype.JInt(1)).list()
    transaction.commit()
    session.close()
    factory.close()
    print("{}")


if __name__ == "__main__":
    run(main)
