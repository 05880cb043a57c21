# The function, what it may do, and its log.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  # Its name in every version of the provider; `name` is deprecated, `region` is new.
  region   = data.aws_region.current.id
  account  = data.aws_caller_identity.current.account_id
  proxy_id = regex("prx-[a-z0-9]+$", var.proxy_arn)
  # Each engine's own port and database, as in the function.
  port     = coalesce(var.database_port, var.engine == "mysql" ? 3306 : 5432)
  database = var.database_name != null ? var.database_name : var.engine == "mysql" ? "" : "postgres"

  # Which optional inputs are set. What is created depends on these alone, never on a value that
  # may be known only after apply.
  given = {
    for name, is_set in {
      assume_role_arn             = var.assume_role_arn != ""
      endpoint_security_group_id  = var.endpoint_security_group_id != ""
      function_role_arn           = var.function_role_arn != ""
      function_security_group_ids = length(var.function_security_group_ids) > 0
      log_group_name              = var.log_group_name != ""
      proxy_cidr                  = var.proxy_cidr != ""
      proxy_ipv6_cidr             = var.proxy_ipv6_cidr != ""
    } : name => contains(var.known_after_apply, name) ? true : is_set
  }

  # Who is asked for what: an assumed role does everything, once it is assumed.
  uses_secret  = var.auth_method == "secret"
  assumes_role = local.given.assume_role_arn

  # What is not the application's.
  makes_role  = var.create && !local.given.function_role_arn
  makes_group = var.create && !local.given.function_security_group_ids
  makes_logs  = var.create && !local.given.log_group_name

  function_name = one(aws_lambda_function.probe[*].function_name)
  function_arn  = one(aws_lambda_function.probe[*].arn)
  role_arn      = local.makes_role ? one(aws_iam_role.probe[*].arn) : var.function_role_arn
  groups        = local.makes_group ? aws_security_group.probe[*].id : var.function_security_group_ids
  log_group     = local.makes_logs ? one(aws_cloudwatch_log_group.probe[*].name) : var.log_group_name
  log_arn       = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.makes_logs ? "/aws/lambda/${var.name}" : var.log_group_name}:*"
}

resource "aws_lambda_function" "probe" {
  # checkov:skip=CKV_AWS_115: a new account has no concurrency to reserve; reserve_concurrency does it
  # checkov:skip=CKV_AWS_116: a schedule comes again; the alarms tell of failures
  # checkov:skip=CKV_AWS_272: the zip is the user's own build
  # checkov:skip=CKV_AWS_50: tracing turns X-Ray on
  # checkov:skip=CKV_AWS_173: the variables hold no secret; kms_key_arn sets your own key
  count = var.create ? 1 : 0

  function_name     = var.name
  description       = "Tests a database through RDS Proxy and reports what is broken"
  filename          = var.package_file
  source_code_hash  = var.package_file == null ? null : filebase64sha256(var.package_file)
  s3_bucket         = try(var.package_s3.bucket, null)
  s3_key            = try(var.package_s3.key, null)
  s3_object_version = try(var.package_s3.version, null)
  handler           = "bootstrap"
  runtime           = "provided.al2023"
  architectures     = [var.architecture]
  memory_size       = var.memory_size
  # Above every allowed probe_timeout_ms: the function answers before Lambda ends it.
  timeout                        = 15
  reserved_concurrent_executions = var.reserve_concurrency ? 1 : -1
  role                           = local.role_arn
  kms_key_arn                    = var.kms_key_arn

  vpc_config {
    subnet_ids                  = var.subnet_ids
    security_group_ids          = local.groups
    ipv6_allowed_for_dual_stack = var.ip_version == "dual"
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  logging_config {
    log_group = local.log_group
    # JSON is what the certificate filter reads.
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  environment {
    # To the probe, a variable that is empty is not set.
    variables = merge(local.service_urls, {
      DB_HOST                    = var.proxy_endpoint
      DB_ENGINE                  = var.engine
      DB_PORT                    = local.port
      DB_NAME                    = local.database
      DB_USER                    = var.database_user
      DB_AUTH                    = var.auth_method
      DB_SECRET_ARN              = var.secret_arn
      DB_ASSUME_ROLE_ARN         = var.assume_role_arn
      DB_ASSUME_ROLE_EXTERNAL_ID = var.assume_role_external_id
      DB_EXPECT_ROLE             = var.expect_role
      DB_SESSION_MAX_AGE_S       = var.session_max_age_s
      PROBE_TIMEOUT_MS           = var.probe_timeout_ms
      PROBE_FAIL_INVOCATION      = var.fail_invocation
      PROBE_EXPLAIN              = var.explain
    })
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = (var.package_file == null) != (var.package_s3 == null)
      error_message = "The function's zip comes from package_file or from package_s3: set one of them."
    }
    precondition {
      condition     = local.uses_secret || (var.database_user != "" && var.secret_arn == "")
      error_message = "auth_method iam needs database_user, and secret_arn belongs to auth_method secret."
    }
    precondition {
      condition     = !local.uses_secret || (var.database_user == "" && var.secret_arn != "")
      error_message = "auth_method secret needs secret_arn, and the secret names the user: database_user stays empty."
    }
    precondition {
      condition     = var.secret_key_arn == "" || (local.uses_secret && !local.assumes_role)
      error_message = "secret_key_arn is for a secret that the function reads itself; allow an assumed role to use the key."
    }
    precondition {
      condition     = var.assume_role_external_id == "" || local.assumes_role
      error_message = "assume_role_external_id belongs to assume_role_arn."
    }
    precondition {
      condition     = !local.makes_group || (var.proxy_security_group_id == "") == local.by_ranges
      error_message = "The probe needs access to the proxy: set proxy_security_group_id, or proxy_cidr and proxy_ipv6_cidr."
    }
    precondition {
      condition     = local.makes_group || (var.proxy_security_group_id == "" && !local.by_ranges && var.service_access != "endpoints")
      error_message = "function_security_group_ids have their own rules: proxy_security_group_id, proxy_cidr and proxy_ipv6_cidr stay empty, and service_access is none, or internet if they reach AWS services."
    }
    precondition {
      condition     = local.makes_role || var.secret_key_arn == ""
      error_message = "function_role_arn is granted nothing here, so allow that role to use the key, and leave secret_key_arn empty."
    }
    precondition {
      condition     = var.ip_version == "dual" || !local.given.proxy_ipv6_cidr
      error_message = "proxy_ipv6_cidr belongs to ip_version dual."
    }
    precondition {
      condition     = (length(local.services) == 0) == (var.service_access == "none")
      error_message = "A secret, a role to assume and explain need access to AWS services: set service_access; without them leave it at none."
    }
    precondition {
      condition     = !local.given.endpoint_security_group_id || var.service_access == "endpoints"
      error_message = "endpoint_security_group_id belongs to service_access endpoints."
    }
    precondition {
      condition     = var.schedule_expression != "" || (var.alarm_topic_arn == "" && var.flexible_window_minutes == 0)
      error_message = "alarm_topic_arn and flexible_window_minutes belong to schedule_expression."
    }
  }

  # The function may start only when it can write its log and make its network interfaces.
  depends_on = [aws_iam_role_policy.vpc]
}

# The schedule comes again anyway: a retry would only count a failure three times. As in
# template.yaml, an event may wait for as long as an idle function takes to become active.
resource "aws_lambda_function_event_invoke_config" "probe" {
  count = var.create ? 1 : 0

  function_name                = local.function_name
  maximum_event_age_in_seconds = 300
  maximum_retry_attempts       = 0
}

resource "aws_cloudwatch_log_group" "probe" {
  # checkov:skip=CKV_AWS_158: CloudWatch Logs encrypts every group; log_kms_key_arn sets your own key
  # checkov:skip=CKV_AWS_338: how long reports are kept is for the user to choose
  count = local.makes_logs ? 1 : 0

  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn

  tags = var.tags
}
