output "function_name" {
  description = "Name of the function."
  value       = local.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = local.function_arn
}

output "role_arn" {
  description = "ARN of its role, for the trust policy of a role that it assumes."
  value       = local.role_arn
}

output "role_name" {
  description = "Name of its role; null with function_role_arn."
  value       = one(aws_iam_role.probe[*].name)
}

output "role_needs" {
  description = "With function_role_arn: what that role needs to run the probe and to write logs and metrics; without the first statement you get reports, but no logs, metrics or alarms."
  value       = local.makes_role ? null : jsonencode(concat(local.running, [for each in local.statements : each if each.Sid == "SendTraces"]))
}

output "log_group" {
  description = "Name of the log group of its reports and metrics."
  value       = local.log_group
}

output "log_group_arn" {
  description = "ARN of that log group; null with log_group_name."
  value       = one(aws_cloudwatch_log_group.probe[*].arn)
}

output "security_group_id" {
  description = "Its security group, for a rule in the proxy's; null with function_security_group_ids."
  value       = one(aws_security_group.probe[*].id)
}

output "security_group_arn" {
  description = "ARN of that security group."
  value       = one(aws_security_group.probe[*].arn)
}

output "endpoint_ids" {
  description = "Ids of the interface endpoints that were created, by service."
  value       = { for service, endpoint in aws_vpc_endpoint.service : service => endpoint.id }
}

output "endpoint_security_group_id" {
  description = "Security group of these endpoints; null if none were created."
  value       = one(aws_security_group.endpoints[*].id)
}

output "schedule_arn" {
  description = "ARN of the schedule; null without schedule_expression."
  value       = one(aws_scheduler_schedule.probe[*].arn)
}

output "schedule_role_arn" {
  description = "ARN of the role that the schedule invokes the function with."
  value       = one(aws_iam_role.schedule[*].arn)
}

output "alarm_arns" {
  description = "ARNs of the alarms, by name; empty without schedule_expression."
  value = {
    for name, alarms in {
      unhealthy   = aws_cloudwatch_metric_alarm.unhealthy
      not_running = aws_cloudwatch_metric_alarm.not_running
      certificate = aws_cloudwatch_metric_alarm.certificate
      latency     = aws_cloudwatch_metric_alarm.latency
      errors      = aws_cloudwatch_metric_alarm.errors
      throttles   = aws_cloudwatch_metric_alarm.throttles
      duration    = aws_cloudwatch_metric_alarm.duration
    } : name => one(alarms[*].arn) if length(alarms) > 0
  }
}

output "invoke_command" {
  description = "Tests the database now and prints the report."
  value       = var.create ? "aws lambda invoke --region ${local.region} --function-name ${local.function_name} report.json && jq . report.json" : null
}
