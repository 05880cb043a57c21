output "users" {
  description = "Names of the users, once they exist."
  value       = keys(var.users)

  depends_on = [aws_lambda_invocation.users]
}

output "result" {
  description = "What the function did last, as JSON."
  value       = one(aws_lambda_invocation.users[*].result)
}

output "function_arn" {
  description = "ARN of the function."
  value       = one(aws_lambda_function.this[*].arn)
}

output "function_name" {
  description = "Name of the function."
  value       = one(aws_lambda_function.this[*].function_name)
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = one(aws_iam_role.this[*].arn)
}

output "role_name" {
  description = "Name of the function's role."
  value       = one(aws_iam_role.this[*].name)
}

output "security_group_id" {
  description = "Security group of the function."
  value       = one(aws_security_group.this[*].id)
}

output "security_group_arn" {
  description = "ARN of that security group."
  value       = one(aws_security_group.this[*].arn)
}

output "log_group_name" {
  description = "Name of the log group."
  value       = one(aws_cloudwatch_log_group.this[*].name)
}

output "log_group_arn" {
  description = "ARN of the log group."
  value       = one(aws_cloudwatch_log_group.this[*].arn)
}
