output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.probe.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.probe.arn
}

output "role_arn" {
  description = "ARN of its role, for the trust policy of a role that it assumes."
  value       = local.role_arn
}

output "role_needs" {
  description = "With function_role_arn: what that role needs to run the probe and to write logs and metrics; without the first statement you get reports, but no logs, metrics or alarms."
  value       = local.makes_role ? null : jsonencode(concat(local.running, [for each in local.statements : each if each.Sid == "SendTraces"]))
}

output "log_group" {
  description = "Where its reports and metrics are logged."
  value       = local.log_group
}

output "security_group_id" {
  description = "Its security group, for a rule in the proxy's."
  value       = local.makes_group ? aws_security_group.probe[0].id : null
}

output "invoke_command" {
  description = "Tests the database now and prints the report."
  value       = "aws lambda invoke --region ${local.region} --function-name ${aws_lambda_function.probe.function_name} report.json && jq . report.json"
}
