output "instance_id" {
  description = "Id of the instance."
  value       = one(aws_instance.this[*].id)
}

output "instance_arn" {
  description = "ARN of the instance."
  value       = one(aws_instance.this[*].arn)
}

output "security_group_id" {
  description = "Security group of the instance."
  value       = one(aws_security_group.this[*].id)
}

output "security_group_arn" {
  description = "ARN of that security group."
  value       = one(aws_security_group.this[*].arn)
}

output "role_arn" {
  description = "ARN of the instance's role."
  value       = one(aws_iam_role.this[*].arn)
}

output "role_name" {
  description = "Name of the instance's role."
  value       = one(aws_iam_role.this[*].name)
}

output "instance_profile_arn" {
  description = "ARN of the instance profile."
  value       = one(aws_iam_instance_profile.this[*].arn)
}

output "session_command" {
  description = "Opens a shell on the instance. It needs the AWS CLI's plugin for Session Manager."
  value       = var.create ? "aws ssm start-session --region ${data.aws_region.current.id} --target ${aws_instance.this[0].id}" : null
}

output "tunnel_command" {
  description = "Forwards a local port; replace HOST and PORT with the remote host and the port."
  value       = var.create ? "aws ssm start-session --region ${data.aws_region.current.id} --target ${aws_instance.this[0].id} --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=HOST,portNumber=PORT,localPortNumber=PORT" : null
}
