# With NAT: public subnets, for NAT gateways and load balancers, and the routes to the internet.

locals {
  public_zones = var.nat == "none" ? 0 : local.zones
  nat_gateways = var.nat == "one" ? min(local.zones, 1) : local.public_zones
}

resource "aws_internet_gateway" "this" {
  count = min(local.public_zones, 1)

  vpc_id = local.vpc_id

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_subnet" "public" {
  count = local.public_zones

  vpc_id            = local.vpc_id
  availability_zone = local.zone_names[count.index]
  # Behind those of the private subnets, of which there may be three.
  cidr_block = cidrsubnet(var.cidr, 24 - tonumber(split("/", var.cidr)[1]), count.index + 3)

  tags = merge(var.tags, { Name = "${var.name}-public-${count.index + 1}" })
}

resource "aws_route_table" "public" {
  count = min(local.public_zones, 1)

  vpc_id = local.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-public" })
}

resource "aws_route_table_association" "public" {
  count = local.public_zones

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_route" "public" {
  count = min(local.public_zones, 1)

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_eip" "nat" {
  count = local.nat_gateways

  domain = "vpc"

  tags = merge(var.tags, { Name = "${var.name}-nat-${count.index + 1}" })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count = local.nat_gateways

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id

  tags = merge(var.tags, { Name = "${var.name}-${count.index + 1}" })

  # A gateway whose route disappears before it is deleted keeps its address from being released.
  depends_on = [aws_route.public]
}

resource "aws_route" "private" {
  count = local.public_zones

  route_table_id         = aws_route_table.private[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[var.nat == "one" ? 0 : count.index].id
}
