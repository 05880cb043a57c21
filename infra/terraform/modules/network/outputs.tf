output "vpc_id" {
  description = "Id of the VPC."
  value       = local.vpc_id
}

output "vpc_arn" {
  description = "ARN of the VPC."
  value       = one(aws_vpc.this[*].arn)
}

output "cidr" {
  description = "IPv4 addresses of the VPC."
  value       = one(aws_vpc.this[*].cidr_block)
}

output "ipv6_cidr" {
  description = "IPv6 addresses of the VPC, with ip_version dual."
  value       = var.ip_version == "dual" ? one(aws_vpc.this[*].ipv6_cidr_block) : null
}

output "private_cidr" {
  description = "One range that covers the private subnets of all zones."
  value       = cidrsubnet(var.cidr, 22 - tonumber(split("/", var.cidr)[1]), 0)
}

output "zone_names" {
  description = "The zones that have subnets."
  value       = aws_subnet.private[*].availability_zone
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one for each zone."
  value       = local.private_ids
}

output "private_subnet_arns" {
  description = "ARNs of the private subnets."
  value       = aws_subnet.private[*].arn
}

output "private_route_table_ids" {
  description = "Ids of the private subnets' route tables."
  value       = aws_route_table.private[*].id
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, one for each zone; empty without NAT."
  value       = aws_subnet.public[*].id
}

output "public_subnet_arns" {
  description = "ARNs of the public subnets."
  value       = aws_subnet.public[*].arn
}

output "public_route_table_id" {
  description = "Id of the public subnets' route table; null without NAT."
  value       = one(aws_route_table.public[*].id)
}

output "internet_gateway_id" {
  description = "Id of the internet gateway; null without NAT."
  value       = one(aws_internet_gateway.this[*].id)
}

output "internet_gateway_arn" {
  description = "ARN of the internet gateway."
  value       = one(aws_internet_gateway.this[*].arn)
}

output "nat_gateway_ids" {
  description = "Ids of the NAT gateways."
  value       = aws_nat_gateway.this[*].id
}

output "nat_addresses" {
  description = "Public addresses that the private subnets appear with on the internet."
  value       = aws_eip.nat[*].public_ip
}

output "default_security_group_id" {
  description = "Id of the VPC's default security group, which has no rules."
  value       = one(aws_default_security_group.this[*].id)
}

output "endpoint_ids" {
  description = "Ids of the interface endpoints, by service."
  value       = { for service, endpoint in aws_vpc_endpoint.service : service => endpoint.id }
}

output "endpoint_arns" {
  description = "ARNs of the interface endpoints, by service."
  value       = { for service, endpoint in aws_vpc_endpoint.service : service => endpoint.arn }
}

output "endpoint_security_group_id" {
  description = "Security group of the interface endpoints; null without any."
  value       = one(aws_security_group.endpoints[*].id)
}

output "endpoint_security_group_arn" {
  description = "ARN of that security group."
  value       = one(aws_security_group.endpoints[*].arn)
}

output "flow_log_id" {
  description = "Id of the flow log; null without flow_logs."
  value       = one(aws_flow_log.this[*].id)
}

output "flow_log_arn" {
  description = "ARN of the flow log."
  value       = one(aws_flow_log.this[*].arn)
}

output "flow_log_group_arn" {
  description = "ARN of the log group of the flow logs."
  value       = one(aws_cloudwatch_log_group.flow_logs[*].arn)
}

output "flow_log_role_arn" {
  description = "ARN of the role that writes the flow logs."
  value       = one(aws_iam_role.flow_logs[*].arn)
}
