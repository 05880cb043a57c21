# The probe for a proxy that exists: the proxy, its network and its subnets are looked up by name.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

variable "proxy_name" {
  description = "Name of the proxy in this account and region."
  type        = string
}

variable "database_user" {
  description = "Database user that logs in by IAM."
  type        = string
}

data "aws_db_proxy" "this" {
  name = var.proxy_name
}

data "aws_subnet" "first" {
  id = tolist(data.aws_db_proxy.this.vpc_subnet_ids)[0]
}

module "probe" {
  source = "../.."

  package_file            = "${path.module}/../../../../target/rds-proxy-probe.zip"
  proxy_arn               = data.aws_db_proxy.this.arn
  proxy_endpoint          = data.aws_db_proxy.this.endpoint
  database_user           = var.database_user
  vpc_id                  = data.aws_subnet.first.vpc_id
  subnet_ids              = data.aws_db_proxy.this.vpc_subnet_ids
  proxy_security_group_id = tolist(data.aws_db_proxy.this.vpc_security_group_ids)[0]
  schedule_expression     = "rate(1 minute)"
}

output "invoke_command" {
  description = "Tests the database now and prints the report."
  value       = module.probe.invoke_command
}
