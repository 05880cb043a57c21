# The VPC, its private subnets for database, proxy and functions, and their route tables.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# RDS Proxy is in no subnet of these two zones, and which letter a zone has differs by account.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html (limitations)
data "aws_availability_zones" "with_rds_proxy" {
  # checkov:skip=CKV_AWS_394: the first zones are used, whatever is added; zone_names pins them
  state            = "available"
  exclude_zone_ids = ["use1-az3", "usw1-az2"]

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  account   = data.aws_caller_identity.current.account_id

  zones      = var.create ? var.zones : 0
  zone_names = length(var.zone_names) > 0 ? var.zone_names : data.aws_availability_zones.with_rds_proxy.names

  vpc_id      = one(aws_vpc.this[*].id)
  private_ids = aws_subnet.private[*].id
}

resource "aws_vpc" "this" {
  count = var.create ? 1 : 0

  cidr_block                       = var.cidr
  assign_generated_ipv6_cidr_block = var.ip_version == "dual"
  # Both are what the private names of interface endpoints need.
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = merge(var.tags, { Name = var.name })
}

# The rules of the default group, which allow its members everything, are removed.
# https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2
resource "aws_default_security_group" "this" {
  count = var.create ? 1 : 0

  vpc_id = local.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-default" })
}

resource "aws_subnet" "private" {
  count = local.zones

  vpc_id            = local.vpc_id
  availability_zone = local.zone_names[count.index]
  cidr_block        = cidrsubnet(var.cidr, 24 - tonumber(split("/", var.cidr)[1]), count.index)
  ipv6_cidr_block   = var.ip_version == "dual" ? cidrsubnet(aws_vpc.this[0].ipv6_cidr_block, 8, count.index) : null

  tags = merge(var.tags, { Name = "${var.name}-private-${count.index + 1}" })

  lifecycle {
    precondition {
      condition     = length(local.zone_names) >= var.zones
      error_message = "Fewer zones than subnets: set zone_names to as many as zones, or zones to 2."
    }
  }
}

resource "aws_route_table" "private" {
  count = local.zones

  vpc_id = local.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-private-${count.index + 1}" })
}

resource "aws_route_table_association" "private" {
  count = local.zones

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}
