# Everything from nothing: a network with one NAT gateway in each zone, MySQL 8.4, a proxy with IAM end to
# end, a bastion, an application in private subnets behind a load balancer, and a probe.

locals {
  # Each logs in to the proxy by IAM, and the proxy to the database by IAM.
  users = { app = { grant = "read-write" }, probe = { grant = "connect" } }
}

module "network" {
  source = "../../modules/network"

  name = var.name
  nat  = "per-zone"
}

module "database" {
  source = "../../modules/database"

  name                = var.name
  engine              = "mysql"
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.private_subnet_ids
  deletion_protection = var.keep_data
  skip_final_snapshot = !var.keep_data
}

module "proxy" {
  source = "../../modules/proxy"

  name                       = var.name
  engine_family              = module.database.engine_family
  vpc_id                     = module.network.vpc_id
  subnet_ids                 = module.network.private_subnet_ids
  instance_identifier        = module.database.instance_identifier
  database_security_group_id = module.database.security_group_id
  database_resource_id       = module.database.resource_id
  iam_users                  = keys(local.users)
  # The master user has a password, which the proxy reads here: this user too logs in to the proxy by IAM.
  secrets = { master = { secret_arn = module.database.master_secret_arn } }
  clients = { application = aws_security_group.application.id }
}

# The proxy and the database exist before it, and longer.
module "users" {
  source = "../../modules/database-users"

  name                    = "${var.name}-users"
  package_file            = var.users_package_file
  engine                  = "mysql"
  proxy_arn               = module.proxy.arn
  proxy_endpoint          = module.proxy.endpoint
  proxy_security_group_id = module.proxy.security_group_id
  master_username         = module.database.master_username
  database_name           = module.database.database_name
  users                   = local.users
  vpc_id                  = module.network.vpc_id
  subnet_ids              = module.network.private_subnet_ids
}

module "bastion" {
  source = "../../modules/bastion"

  name      = "${var.name}-bastion"
  vpc_id    = module.network.vpc_id
  subnet_id = module.network.private_subnet_ids[0]
  targets = {
    proxy    = { security_group_id = module.proxy.security_group_id, port = module.proxy.port }
    database = { security_group_id = module.database.security_group_id, port = module.database.port }
  }
}

module "probe" {
  source = "../../modules/probe"

  name                    = "${var.name}-probe"
  package_file            = var.package_file
  engine                  = "mysql"
  proxy_arn               = module.proxy.arn
  proxy_endpoint          = module.proxy.endpoint
  proxy_security_group_id = module.proxy.security_group_id
  database_user           = "probe"
  database_name           = module.database.database_name
  vpc_id                  = module.network.vpc_id
  subnet_ids              = module.network.private_subnet_ids
  schedule_expression     = "rate(1 minute)"
}
