# The probe for a proxy that exists: the proxy, its network and its subnets are looked up by name.

data "aws_db_proxy" "this" {
  name = var.proxy_name
}

data "aws_subnet" "first" {
  id = tolist(data.aws_db_proxy.this.vpc_subnet_ids)[0]
}

module "probe" {
  source = "../../modules/probe"

  package_file            = var.package_file
  engine                  = data.aws_db_proxy.this.engine_family == "MYSQL" ? "mysql" : "postgresql"
  proxy_arn               = data.aws_db_proxy.this.arn
  proxy_endpoint          = data.aws_db_proxy.this.endpoint
  database_user           = var.database_user
  vpc_id                  = data.aws_subnet.first.vpc_id
  subnet_ids              = data.aws_db_proxy.this.vpc_subnet_ids
  proxy_security_group_id = tolist(data.aws_db_proxy.this.vpc_security_group_ids)[0]
  schedule_expression     = "rate(1 minute)"
}
