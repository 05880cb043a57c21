# Flow logs, with the role that writes them.

locals {
  logs_flows = var.create && var.flow_logs ? 1 : 0
}

resource "aws_flow_log" "this" {
  count = local.logs_flows

  vpc_id          = local.vpc_id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow_logs[0].arn
  iam_role_arn    = aws_iam_role.flow_logs[0].arn

  tags = merge(var.tags, { Name = var.name })

  depends_on = [aws_iam_role_policy.flow_logs]
}

resource "aws_cloudwatch_log_group" "flow_logs" {
  # checkov:skip=CKV_AWS_158: CloudWatch Logs encrypts every group; log_kms_key_arn sets your own key
  # checkov:skip=CKV_AWS_338: how long addresses and ports are kept is for the user to choose
  count = local.logs_flows

  name_prefix       = "/aws/vpc/${var.name}-"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn

  tags = var.tags
}

resource "aws_iam_role" "flow_logs" {
  count = local.logs_flows

  name_prefix          = "${var.name}-flow-logs-"
  path                 = var.iam_role_path
  permissions_boundary = var.iam_role_permissions_boundary
  description          = "Allows VPC flow logs to write to one log group"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # Both conditions: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ec2:${local.region}:${local.account}:vpc-flow-log/*" }
      }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "flow_logs" {
  count = local.logs_flows

  name = "write-the-flow-logs"
  role = aws_iam_role.flow_logs[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # Less than that page asks for: the group exists already.
      Sid      = "WriteTheFlowLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.flow_logs[0].arn}:*"
    }]
  })
}
