# The function, what it may do, and its log.

data "aws_caller_identity" "current" {}

locals {
  # arn:PARTITION:rds:REGION:ACCOUNT:db-proxy:prx-ID
  proxy     = split(":", var.proxy_arn)
  partition = local.proxy[1]
  region    = local.proxy[3]
  proxy_id  = local.proxy[6]

  # Who assumes a role signs, reads and asks as that role: its policy is the proxy's account's.
  assumes = var.assume_role_arn != ""

  # Every variable that the function reads and that a deployment has a say in.
  environment = merge(
    {
      DB_HOST               = var.proxy_endpoint
      DB_PORT               = tostring(var.database_port)
      DB_NAME               = var.database_name
      DB_AUTH               = var.auth_method
      DB_EXPECT_ROLE        = var.expect_role
      DB_SESSION_MAX_AGE_S  = tostring(var.session_max_age_s)
      PROBE_TIMEOUT_MS      = tostring(var.probe_timeout_ms)
      PROBE_FAIL_INVOCATION = tostring(var.fail_invocation)
      PROBE_EXPLAIN         = tostring(var.explain)
    },
    var.auth_method == "iam" ? { DB_USER = var.database_user } : { DB_SECRET_ARN = var.secret_arn },
    local.assumes ? { DB_ASSUME_ROLE_ARN = var.assume_role_arn } : {},
    var.assume_role_external_id != "" ? { DB_ASSUME_ROLE_EXTERNAL_ID = var.assume_role_external_id } : {},
  )

  # What the probe may do in AWS besides its log and its network interfaces.
  statements = concat(
    var.auth_method == "iam" && !local.assumes ? [{
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:${local.partition}:rds-db:${local.region}:${local.proxy[4]}:dbuser:${local.proxy_id}/${var.database_user}"
    }] : [],
    var.auth_method == "secret" && !local.assumes ? [{
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = var.secret_arn
    }] : [],
    var.secret_key_arn != "" && !local.assumes ? [{
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = var.secret_key_arn
    }] : [],
    local.assumes ? [{
      Effect   = "Allow"
      Action   = "sts:AssumeRole"
      Resource = var.assume_role_arn
    }] : [],
    # The control plane is asked for lists, so no one proxy can be named.
    var.explain && !local.assumes ? [{
      Effect   = "Allow"
      Action   = ["rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints", "rds:DescribeDBProxyTargets"]
      Resource = "*"
    }] : [],
  )
}

resource "aws_lambda_function" "probe" {
  function_name    = var.name
  description      = "Tests PostgreSQL through RDS Proxy and names what is wrong"
  filename         = var.package_file
  source_code_hash = filebase64sha256(var.package_file)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = var.memory_size
  # Above every allowed probe_timeout_ms: the function answers before Lambda ends it.
  timeout = 15
  # One environment: its session is kept, and a slow database is not asked more and more.
  reserved_concurrent_executions = 1
  role                           = aws_iam_role.probe.arn

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.probe.id]
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.probe.name
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  environment {
    variables = local.environment
  }

  lifecycle {
    precondition {
      condition     = var.auth_method != "iam" || var.database_user != ""
      error_message = "With auth_method iam, database_user is needed."
    }
    precondition {
      condition     = (var.auth_method == "secret") == (var.secret_arn != "")
      error_message = "With auth_method secret, and only then, secret_arn is needed."
    }
    precondition {
      condition     = var.secret_key_arn == "" || var.auth_method == "secret"
      error_message = "secret_key_arn is the key of the secret of auth_method secret."
    }
    precondition {
      condition     = var.assume_role_external_id == "" || local.assumes
      error_message = "assume_role_external_id belongs to assume_role_arn."
    }
    precondition {
      condition     = length(local.services) == 0 || var.service_access != "none"
      error_message = "auth_method secret, assume_role_arn and explain ask AWS services: service_access must be endpoints or internet."
    }
    precondition {
      condition     = strcontains(var.proxy_endpoint, ".${local.region}.rds.")
      error_message = "proxy_endpoint and proxy_arn must be of one region."
    }
  }

  # The function may start only when it can write its log and make its network interfaces.
  depends_on = [aws_iam_role_policy_attachment.network, aws_iam_role_policy.probe]
}

# A schedule's invocation is asynchronous: one that failed or came late is not worth repeating.
resource "aws_lambda_function_event_invoke_config" "probe" {
  function_name                = aws_lambda_function.probe.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_iam_role" "probe" {
  name        = var.name
  description = "Lets the probe sign in to one proxy as one database user"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# Network interfaces of a function in a VPC, and writing its logs.
resource "aws_iam_role_policy_attachment" "network" {
  role       = aws_iam_role.probe.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

resource "aws_iam_role_policy" "probe" {
  name = "probe"
  role = aws_iam_role.probe.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.statements
  })
}

resource "aws_cloudwatch_log_group" "probe" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
