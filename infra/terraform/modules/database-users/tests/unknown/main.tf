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
    vpc_id     = "vpc-0123456789abcdef0"
    subnet_id  = "subnet-0123456789abcdef0"
    group_id   = "sg-0123456789abcdef0"
    proxy_arn  = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
    host       = "app.proxy-abc123.eu-west-1.rds.amazonaws.com"
    user       = "postgres"
    secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    key_arn    = "arn:aws:kms:eu-west-1:123456789012:key/1234"
  }

  input = each.value
}

module "users" {
  source = "../.."

  package_s3                 = { bucket = "builds", key = "db-users.zip" }
  proxy_arn                  = terraform_data.made["proxy_arn"].output
  proxy_endpoint             = terraform_data.made["host"].output
  proxy_security_group_id    = terraform_data.made["group_id"].output
  master_username            = terraform_data.made["user"].output
  database_name              = "app"
  scheme                     = "SECRETS"
  users                      = { app = { grant = "connect", secret_arn = terraform_data.made["secret_arn"].output } }
  secrets_access             = "endpoint"
  endpoint_security_group_id = terraform_data.made["group_id"].output
  secrets_kms_key_arn        = terraform_data.made["key_arn"].output
  vpc_id                     = terraform_data.made["vpc_id"].output
  subnet_ids                 = [terraform_data.made["subnet_id"].output]
}

output "names" {
  description = "Names of the users."
  value       = "app"

  depends_on = [module.users]
}
