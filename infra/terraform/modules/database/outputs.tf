output "cluster_identifier" {
  description = "Aurora: identifier of the cluster, for a proxy."
  value       = local.is_aurora ? one(aws_rds_cluster.this[*].cluster_identifier) : null
}

output "instance_identifier" {
  description = "mysql: identifier of the instance, for a proxy."
  value       = local.is_aurora ? null : one(aws_db_instance.this[*].identifier)
}

output "arn" {
  description = "ARN of the cluster or the instance."
  value       = one(concat(aws_rds_cluster.this[*].arn, aws_db_instance.this[*].arn))
}

output "resource_id" {
  description = "Resource id, cluster-... or db-..., which the permission rds-db:connect on the database itself needs."
  value       = one(concat(aws_rds_cluster.this[*].cluster_resource_id, aws_db_instance.this[*].resource_id))
}

output "endpoint" {
  description = "Host name of the writer."
  value       = one(concat(aws_rds_cluster.this[*].endpoint, aws_db_instance.this[*].address))
}

output "reader_endpoint" {
  description = "Aurora: host name of the readers; the writer's, without any."
  value       = one(aws_rds_cluster.this[*].reader_endpoint)
}

output "instance_arns" {
  description = "Aurora: ARNs of the cluster's instances, the first one's the first writer."
  value       = aws_rds_cluster_instance.this[*].arn
}

output "engine_family" {
  description = "The engine as RDS Proxy names it: POSTGRESQL or MYSQL."
  value       = local.is_mysql ? "MYSQL" : "POSTGRESQL"
}

output "port" {
  description = "Port of the database."
  value       = local.port
}

output "database_name" {
  description = "Database that was created."
  value       = var.database_name
}

output "master_username" {
  description = "The database's first user."
  value       = var.master_username
}

output "master_secret_arn" {
  description = "Secret with that user's password, which RDS made and rotates."
  value = one([
    for secret in flatten(concat(aws_rds_cluster.this[*].master_user_secret, aws_db_instance.this[*].master_user_secret)) :
    secret.secret_arn
  ])
}

output "security_group_id" {
  description = "Security group of the database, for the rules of its clients."
  value       = one(aws_security_group.this[*].id)
}

output "security_group_arn" {
  description = "ARN of that security group."
  value       = one(aws_security_group.this[*].arn)
}

output "subnet_group_arn" {
  description = "ARN of the subnet group."
  value       = one(aws_db_subnet_group.this[*].arn)
}

output "parameter_group_arn" {
  description = "ARN of the parameter group."
  value       = one(concat(aws_rds_cluster_parameter_group.this[*].arn, aws_db_parameter_group.this[*].arn))
}

output "log_group_arns" {
  description = "ARNs of the log groups, by kind of log."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.arn }
}
