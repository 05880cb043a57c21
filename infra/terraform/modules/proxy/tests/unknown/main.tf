# Every input that can come from another resource does, so that a plan knows none of these values.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "terraform_data" "made" {
  for_each = {
    vpc_id      = "vpc-0123456789abcdef0"
    subnet_id   = "subnet-0123456789abcdef0"
    identifier  = "app"
    resource_id = "cluster-ABC"
    group_id    = "sg-0123456789abcdef1"
    secret_arn  = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/1234"
  }

  input = each.value
}

locals {
  unknown = { for name, made in terraform_data.made : name => made.output }
}

module "proxy" {
  source = "../.."

  name                       = "app"
  engine_family              = "POSTGRESQL"
  vpc_id                     = local.unknown["vpc_id"]
  subnet_ids                 = [local.unknown["subnet_id"]]
  cluster_identifier         = local.unknown["identifier"]
  database_security_group_id = local.unknown["group_id"]
  database_resource_id       = local.unknown["resource_id"]
  iam_users                  = ["app"]
  secrets                    = { master = { secret_arn = local.unknown["secret_arn"], kms_key_arn = local.unknown["key_arn"] } }
  clients                    = { application = local.unknown["group_id"] }
  endpoints                  = { read-only = { subnet_ids = [local.unknown["subnet_id"]] } }
  log_kms_key_arn            = local.unknown["key_arn"]
}

output "endpoint_names" {
  description = "Names of the further endpoints."
  value       = join(",", keys(module.proxy.endpoints))
}
