"""Why a test of another author's comes out differently through the emulator.

Each reason has the tests that it explains, as the beginnings of their names. What no
reason explains makes `make suites` fail.
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
        "asyncpg tests.test_listeners.TestListeners::test_listen",
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
    "database connections are shared ([AWS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
    "rds-proxy.howitworks.html)): a new client's need not be new, and has what others prepared": (
        "asyncpg tests.test_pool.TestPool::test_pool_remote_close",
        "psycopg tests.test_pipeline::test_auto_prepare",
        "psycopg tests.test_pipeline_async::test_auto_prepare",
        "regress stats",
    ),
    "the startup option `client_min_messages` is not one of those that the proxy supports "
    "([AWS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html))": (
        "asyncpg tests.test_listeners.TestLogListeners::test_log_listener",
    ),
    "the proxy has no credentials for a role that the test makes "
    "([AWS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html))": (
        "psycopg tests.pq.test_pgconn::test_change_password",
    ),
    "fails at times directly too: it depends on when an answer in a pipeline arrives": (
        "psycopg tests.test_pipeline::test_errors_raised_on_commit",
        "psycopg tests.test_pipeline_async::test_errors_raised_on_commit",
        "pgbouncer test_prepared::test_evict_statement_cache_pipeline_failure",
    ),
}
