output "invoke_command" {
  description = "Tests the database now and prints the report."
  value       = module.probe.invoke_command
}

output "load_balancer_name" {
  description = "Host name of the load balancer, for a DNS record with the certificate's name."
  value       = aws_lb.application.dns_name
}

output "access_logs_bucket" {
  description = "Bucket with the load balancer's access logs."
  value       = aws_s3_bucket.access_logs.id
}

output "application_role_arn" {
  description = "Role of the application, which may log in to the database as app."
  value       = aws_iam_role.application.arn
}

output "database_endpoint" {
  description = "Host name of the database itself, where the first users are created."
  value       = module.database.endpoint
}

output "master_secret_arn" {
  description = "Secret with the master user's password."
  value       = module.database.master_secret_arn
}

output "tunnel_command" {
  description = "Forwards a local port through the bastion."
  value       = module.bastion.tunnel_command
}
