output "arn" {
  description = "ARN of the proxy."
  value       = one(aws_db_proxy.this[*].arn)
}

output "id" {
  description = "Id of the proxy, prx-..., which a client's permission rds-db:connect needs."
  value       = one([for arn in aws_db_proxy.this[*].arn : regex("prx-[a-z0-9]+$", arn)])
}

output "name" {
  description = "Name of the proxy."
  value       = one(aws_db_proxy.this[*].name)
}

output "endpoint" {
  description = "Host name of the proxy, for reading and writing."
  value       = one(aws_db_proxy.this[*].endpoint)
}

output "port" {
  description = "Port of the proxy."
  value       = local.port
}

output "endpoints" {
  description = "Host names of the further endpoints, by name."
  value       = { for name, endpoint in aws_db_proxy_endpoint.this : name => endpoint.endpoint }
}

output "endpoint_arns" {
  description = "ARNs of the further endpoints, by name."
  value       = { for name, endpoint in aws_db_proxy_endpoint.this : name => endpoint.arn }
}

output "user_arn_prefix" {
  description = "With a database user's name behind it: the resource of the permission rds-db:connect."
  value       = one([for arn in aws_db_proxy.this[*].arn : "arn:${local.partition}:rds-db:${local.region}:${local.account}:dbuser:${regex("prx-[a-z0-9]+$", arn)}/"])
}

output "target_group_arn" {
  description = "ARN of the target group."
  value       = one(aws_db_proxy_default_target_group.this[*].arn)
}

output "security_group_id" {
  description = "Security group of the proxy, for the rules of more clients."
  value       = one(aws_security_group.this[*].id)
}

output "security_group_arn" {
  description = "ARN of that security group."
  value       = one(aws_security_group.this[*].arn)
}

output "role_arn" {
  description = "ARN of the proxy's role."
  value       = one(aws_iam_role.this[*].arn)
}

output "role_name" {
  description = "Name of the proxy's role."
  value       = one(aws_iam_role.this[*].name)
}

output "log_group_arn" {
  description = "ARN of the proxy's log group."
  value       = one(aws_cloudwatch_log_group.this[*].arn)
}
