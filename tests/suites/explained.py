"""Why a test of another author's comes out differently through the emulator.

Each reason has the tests that it explains, as the beginnings of their names. What no
reason explains makes `make suites` fail, and so does a reason that explains nothing.
"""

REASONS = {
    "cancel requests are not supported "
    "([AWS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html))": (
        "psycopg tests.pq.test_pgconn::test_cancel",
        "psycopg tests.test_generators::test_cancel",
        "psycopg tests.test_copy::test_copy_out_error_with_copy_not_finished",
        "psycopg tests.test_copy_async::test_copy_out_error_with_copy_not_finished",
    ),
    "the proxy sends no `BackendKeyData`, so that the client knows no process to notify as or to "
    "end ([seen](https://github.com/vapor/postgres-nio/issues/296))": (
        "psycopg tests.pq.test_pgconn::test_notify",
        "psycopg tests.test_notify::test_notify_handlers",
        "psycopg tests.test_notify_async::test_notify_handlers",
        "psycopg tests.test_connection_info::test_backend_pid",
        "psycopg tests.test_connection::test_broken",
        "psycopg tests.test_connection_async::test_broken",
        "psycopg tests.test_connection::test_context_inerror_rollback_no_clobber",
        "psycopg tests.test_connection_async::test_context_inerror_rollback_no_clobber",
        "psycopg tests.test_transaction::test_context_inerror_rollback_no_clobber",
        "psycopg tests.test_transaction_async::test_context_inerror_rollback_no_clobber",
        "psycopg tests.test_connection::test_right_exception_on_server_disconnect",
        "psycopg tests.test_connection_async::test_right_exception_on_server_disconnect",
    ),
}
