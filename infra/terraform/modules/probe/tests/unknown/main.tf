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
    proxy_arn                  = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
    proxy_endpoint             = "app.proxy-abc123.eu-west-1.rds.amazonaws.com"
    vpc_id                     = "vpc-0123456789abcdef0"
    subnet_id                  = "subnet-0123456789abcdef0"
    security_group_id          = "sg-0123456789abcdef0"
    assume_role_arn            = "arn:aws:iam::210987654321:role/probe"
    function_role_arn          = "arn:aws:iam::123456789012:role/app"
    secret_arn                 = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    key_arn                    = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    topic_arn                  = "arn:aws:sns:eu-west-1:123456789012:alarms"
    log_group_name             = "/aws/lambda/app"
    proxy_cidr                 = "10.0.0.0/20"
    proxy_ipv6_cidr            = "2001:db8:1234:1a00::/56"
    endpoint_security_group_id = "sg-0123456789abcdef1"
  }

  input = each.value
}

locals {
  unknown = { for name, made in terraform_data.made : name => made.output }
}

module "by_group" {
  source = "../.."

  package_file               = "${path.module}/main.tf"
  proxy_arn                  = local.unknown["proxy_arn"]
  proxy_endpoint             = local.unknown["proxy_endpoint"]
  database_user              = "app"
  vpc_id                     = local.unknown["vpc_id"]
  subnet_ids                 = [local.unknown["subnet_id"]]
  proxy_security_group_id    = local.unknown["security_group_id"]
  assume_role_arn            = local.unknown["assume_role_arn"]
  endpoint_security_group_id = local.unknown["endpoint_security_group_id"]
  known_after_apply          = ["assume_role_arn", "endpoint_security_group_id"]
  service_access             = "endpoints"
  schedule_expression        = "rate(1 minute)"
  alarm_topic_arn            = local.unknown["topic_arn"]
}

module "by_ranges" {
  source = "../.."

  name              = "by-ranges"
  package_file      = "${path.module}/main.tf"
  proxy_arn         = local.unknown["proxy_arn"]
  proxy_endpoint    = local.unknown["proxy_endpoint"]
  database_user     = "app"
  vpc_id            = local.unknown["vpc_id"]
  subnet_ids        = [local.unknown["subnet_id"]]
  proxy_cidr        = local.unknown["proxy_cidr"]
  proxy_ipv6_cidr   = local.unknown["proxy_ipv6_cidr"]
  ip_version        = "dual"
  assume_role_arn   = local.unknown["assume_role_arn"]
  known_after_apply = ["proxy_cidr", "proxy_ipv6_cidr", "assume_role_arn"]
  service_access    = "endpoints"
}

module "by_secret" {
  source = "../.."

  name                    = "by-secret"
  package_file            = "${path.module}/main.tf"
  proxy_arn               = local.unknown["proxy_arn"]
  proxy_endpoint          = local.unknown["proxy_endpoint"]
  auth_method             = "secret"
  secret_arn              = local.unknown["secret_arn"]
  secret_key_arn          = local.unknown["key_arn"]
  vpc_id                  = local.unknown["vpc_id"]
  subnet_ids              = [local.unknown["subnet_id"]]
  proxy_security_group_id = local.unknown["security_group_id"]
  service_access          = "endpoints"
  log_group_name          = local.unknown["log_group_name"]
  known_after_apply       = ["log_group_name"]
}

module "as_the_application" {
  source = "../.."

  name                        = "as-the-application"
  package_file                = "${path.module}/main.tf"
  proxy_arn                   = local.unknown["proxy_arn"]
  proxy_endpoint              = local.unknown["proxy_endpoint"]
  database_user               = "app"
  vpc_id                      = local.unknown["vpc_id"]
  subnet_ids                  = [local.unknown["subnet_id"]]
  function_role_arn           = local.unknown["function_role_arn"]
  function_security_group_ids = [local.unknown["security_group_id"]]
  known_after_apply           = ["function_role_arn"]
}

output "endpoints" {
  description = "The services whose endpoints each module makes."
  value = { for name, ids in {
    by_group  = module.by_group.endpoint_ids
    by_ranges = module.by_ranges.endpoint_ids
    by_secret = module.by_secret.endpoint_ids
  } : name => join(",", keys(ids)) }
}
