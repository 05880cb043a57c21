# What the proxy may do in AWS: log in to one database as the users it knows, by IAM or with their
# secrets.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  account   = data.aws_caller_identity.current.account_id
  # A precondition refuses users without it.
  resource_id = var.database_resource_id == null ? "" : var.database_resource_id

  statements = concat(
    [for each in [
      {
        when = length(var.iam_users) > 0
        statement = {
          Sid      = "ConnectAsTheUsers"
          Effect   = "Allow"
          Action   = "rds-db:connect"
          Resource = [for user in var.iam_users : "arn:${local.partition}:rds-db:${local.region}:${local.account}:dbuser:${local.resource_id}/${user}"]
        }
      },
      {
        when = length(var.secrets) > 0
        statement = {
          Sid      = "ReadTheSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = [for secret in var.secrets : secret.secret_arn]
        }
      },
    ] : each.statement if each.when],
    # AWS's own key for secrets asks for no permission; one of your own does.
    [for name, secret in var.secrets : {
      Sid      = "Decrypt${replace(title(name), "/[^A-Za-z0-9]/", "")}"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = secret.kms_key_arn
      # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
      Condition = { StringEquals = {
        "kms:EncryptionContext:SecretARN" = secret.secret_arn
        "kms:ViaService"                  = "secretsmanager.${local.region}.${data.aws_partition.current.dns_suffix}"
      } }
    } if secret.kms_key_arn != null],
  )
}

resource "aws_iam_role" "this" {
  count = local.count

  name_prefix          = "${var.name}-"
  path                 = var.iam_role_path
  permissions_boundary = var.iam_role_permissions_boundary
  description          = "Allows the proxy to log in to one database as the users that it knows"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # As AWS prints it, without a condition on the source: none is documented for RDS Proxy.
      # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-iam-setup.html
      Effect    = "Allow"
      Principal = { Service = "rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  count = local.count

  name = "sign-in-to-the-database"
  role = aws_iam_role.this[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.statements
  })

  lifecycle {
    precondition {
      condition     = length(var.iam_users) == 0 || var.database_resource_id != null
      error_message = "iam_users need database_resource_id."
    }
    precondition {
      condition     = length(var.iam_users) + length(var.secrets) > 0
      error_message = "The proxy knows no user: set iam_users or secrets."
    }
  }
}
