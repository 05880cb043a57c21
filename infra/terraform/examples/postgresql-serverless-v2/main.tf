# Everything from nothing: a network without a way out but for the bastion, Aurora PostgreSQL Serverless
# v2 with a reader, its proxy with a read-only endpoint, and a probe of each endpoint.

locals {
  # Each logs in to the proxy by IAM, and the proxy to the database by IAM.
  users = { app = { grant = "read-write" }, probe = { grant = "connect" } }
}

module "network" {
  source = "../../modules/network"

  name = var.name
  # For the bastion. Nothing else here calls a service.
  interface_endpoints = ["ssm", "ssmmessages"]
}

module "database" {
  source = "../../modules/database"

  name                = var.name
  engine              = "aurora-postgresql"
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.private_subnet_ids
  readers             = 1
  deletion_protection = var.keep_data
  skip_final_snapshot = !var.keep_data
}

module "proxy" {
  source = "../../modules/proxy"

  name                       = var.name
  engine_family              = module.database.engine_family
  vpc_id                     = module.network.vpc_id
  subnet_ids                 = slice(module.network.private_subnet_ids, 0, 2)
  cluster_identifier         = module.database.cluster_identifier
  database_security_group_id = module.database.security_group_id
  database_resource_id       = module.database.resource_id
  iam_users                  = keys(local.users)
  # The master user has a password, which the proxy reads here: this user too logs in to the proxy by IAM.
  secrets   = { master = { secret_arn = module.database.master_secret_arn } }
  endpoints = { read-only = { target_role = "READ_ONLY" } }
}

# The proxy and the database exist before it, and longer.
module "users" {
  source = "../../modules/database-users"

  name                    = "${var.name}-users"
  package_file            = var.users_package_file
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
  source   = "../../modules/probe"
  for_each = { writer = module.proxy.endpoint, reader = module.proxy.endpoints["read-only"] }

  name                    = "${var.name}-${each.key}"
  package_file            = var.package_file
  proxy_arn               = module.proxy.arn
  proxy_endpoint          = each.value
  proxy_security_group_id = module.proxy.security_group_id
  database_user           = "probe"
  database_name           = module.database.database_name
  expect_role             = each.key
  vpc_id                  = module.network.vpc_id
  subnet_ids              = module.network.private_subnet_ids
  schedule_expression     = "rate(5 minutes)"
}
