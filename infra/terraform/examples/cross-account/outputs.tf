output "invoke_command" {
  description = "Tests the database now and prints the report; with credentials of the application's account."
  value       = module.probe.invoke_command
}

output "proxy_endpoint" {
  description = "Host name of the proxy's endpoint in the application's VPC."
  value       = aws_db_proxy_endpoint.application.endpoint
}

output "sign_in_role_arn" {
  description = "Role in the database's account that the probe assumes."
  value       = aws_iam_role.sign_in.arn
}
