# The function that makes database users, and the users.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  count     = var.create ? 1 : 0
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  account   = data.aws_caller_identity.current.account_id
  proxy_id  = regex("prx-[a-z0-9]+$", var.proxy_arn)
  # The proxy listens on the engine's own port, whatever the database's is:
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html
  port          = var.engine == "mysql" ? 3306 : 5432
  reads_secrets = var.scheme == "SECRETS"

  users = [for name, user in var.users : merge(
    { Name = name, Grant = user.grant },
    { for key, value in { Schemas = user.schemas, SecretArn = user.secret_arn } : key => value if value != null },
  )]
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_115: Terraform asks one thing at a time; a new account has no concurrency to reserve
  # checkov:skip=CKV_AWS_116: Terraform waits for the answer itself
  # checkov:skip=CKV_AWS_173: the variables hold no secret; kms_key_arn sets your own key
  # checkov:skip=CKV_AWS_272: the zip is the user's own build
  # checkov:skip=CKV_AWS_50: it is invoked by Terraform alone, and its log has every request
  count = local.count

  function_name     = var.name
  description       = "Makes, changes and drops database users for Terraform"
  filename          = var.package_file
  source_code_hash  = var.package_file == null ? null : filebase64sha256(var.package_file)
  s3_bucket         = try(var.package_s3.bucket, null)
  s3_key            = try(var.package_s3.key, null)
  s3_object_version = try(var.package_s3.version, null)
  handler           = "bootstrap"
  runtime           = "provided.al2023"
  architectures     = [var.architecture]
  memory_size       = 128
  # Long enough for a proxy whose targets are still being registered, which takes minutes.
  timeout     = 300
  role        = aws_iam_role.this[0].arn
  kms_key_arn = var.kms_key_arn

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = aws_security_group.this[*].id
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.this[0].name
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  environment {
    variables = {
      DB_HOST = var.proxy_endpoint
      DB_PORT = local.port
      DB_USER = var.master_username
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = (var.package_file == null) != (var.package_s3 == null)
      error_message = "The function's zip comes from package_file or from package_s3: set one of them."
    }
    precondition {
      condition     = local.reads_secrets == (var.secrets_access != "none")
      error_message = "With scheme SECRETS the function reads the users' secrets: set secrets_access. With IAM_AUTH leave it at none."
    }
  }

  # The function may start only when it can write its log and make its network interfaces.
  depends_on = [aws_iam_role_policy.vpc]
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: CloudWatch Logs encrypts every group; log_kms_key_arn sets your own key
  # checkov:skip=CKV_AWS_338: how long logs are kept is for the user to choose
  count = local.count

  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn

  tags = var.tags
}

# Creates the users with the resource, changes them with it, and drops them with it.
resource "aws_lambda_invocation" "users" {
  count = local.count

  function_name   = aws_lambda_function.this[0].function_name
  lifecycle_scope = "CRUD"
  input = jsonencode({
    Name = var.name
    Properties = {
      Engine   = var.engine
      Database = var.database_name
      Scheme   = var.scheme
      Version  = var.users_version
      Users    = local.users
    }
  })

  # What reaches the database has to be there first, and longer than the users.
  depends_on = [
    aws_iam_role_policy.this,
    aws_vpc_security_group_egress_rule.proxy,
    aws_vpc_security_group_egress_rule.secrets,
    aws_vpc_security_group_ingress_rule.proxy,
  ]
}
