# What the tests' provider answers instead of AWS, for every module and example.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

mock_data "aws_region" {
  defaults = { id = "eu-west-1" }
}

mock_data "aws_availability_zones" {
  defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
}

mock_data "aws_ssm_parameter" {
  defaults = { insecure_value = "ami-0123456789abcdef0" }
}

mock_data "aws_subnet" {
  defaults = { vpc_id = "vpc-0123456789abcdef0" }
}

mock_data "aws_db_proxy" {
  defaults = {
    arn                    = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
    endpoint               = "app.proxy-abc123.eu-west-1.rds.amazonaws.com"
    engine_family          = "POSTGRESQL"
    vpc_subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    vpc_security_group_ids = ["sg-0123456789abcdef0"]
  }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/made" }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-0123456789abcdef9" }
}

mock_resource "aws_vpc" {
  defaults = { ipv6_cidr_block = "2001:db8:1234:1a00::/56" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:made" }
}

mock_resource "aws_vpc_endpoint" {
  defaults = { dns_entry = [{ dns_name = "vpce-1.example", hosted_zone_id = "Z1" }] }
}

mock_resource "aws_db_proxy" {
  defaults = {
    arn      = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
    endpoint = "app.proxy-abc123.eu-west-1.rds.amazonaws.com"
  }
}

mock_resource "aws_db_proxy_endpoint" {
  defaults = { endpoint = "app-ro.endpoint.proxy-abc123.eu-west-1.rds.amazonaws.com" }
}

mock_resource "aws_rds_cluster" {
  defaults = {
    cluster_resource_id = "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    master_user_secret  = [{ kms_key_id = "", secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-AbCdEf", secret_status = "active" }]
  }
}

mock_resource "aws_db_instance" {
  defaults = {
    resource_id        = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    master_user_secret = [{ kms_key_id = "", secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-AbCdEf", secret_status = "active" }]
  }
}

# The real provider refuses what is no ARN where it wants one.

mock_resource "aws_ram_resource_share" {
  defaults = { arn = "arn:aws:ram:eu-west-1:210987654321:resource-share/made" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:made" }
}

mock_resource "aws_lb" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/made/0123456789abcdef" }
}

mock_resource "aws_lb_target_group" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/made/0123456789abcdef" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::made" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/made:1" }
}

# What a mock makes up may begin with a digit, which the real provider refuses in some names.

mock_resource "aws_db_proxy_default_target_group" {
  defaults = { name = "default" }
}
