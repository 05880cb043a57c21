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
  value       = aws_iam_role.probe.arn
}

output "log_group" {
  description = "Where its reports and metrics are logged."
  value       = aws_cloudwatch_log_group.probe.name
}

output "security_group_id" {
  description = "Its security group, for a rule of the proxy's."
  value       = aws_security_group.probe.id
}

output "invoke_command" {
  description = "Tests the database now and prints the report."
  value       = "aws lambda invoke --region ${local.region} --function-name ${aws_lambda_function.probe.function_name} /dev/stdout"
}
