# Who invokes it: a schedule, if there is a schedule_expression.

locals {
  scheduled = var.create && var.schedule_expression != "" ? 1 : 0
}

resource "aws_scheduler_schedule" "probe" {
  count = local.scheduled

  name                = var.name
  description         = "Probes the database path"
  schedule_expression = var.schedule_expression
  kms_key_arn         = var.kms_key_arn

  flexible_time_window {
    mode                      = var.flexible_window_minutes > 0 ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = var.flexible_window_minutes > 0 ? var.flexible_window_minutes : null
  }

  target {
    arn      = local.function_arn
    role_arn = aws_iam_role.schedule[0].arn
    input    = "{}"

    # For an invocation that Lambda did not take. A late one says nothing of its time.
    retry_policy {
      maximum_retry_attempts       = 2
      maximum_event_age_in_seconds = 60
    }
  }
}

resource "aws_iam_role" "schedule" {
  count = local.scheduled

  name                 = "${var.name}-schedule"
  path                 = var.iam_role_path
  permissions_boundary = var.iam_role_permissions_boundary
  description          = "Allows the schedule to invoke the probe"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnEquals    = { "aws:SourceArn" = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/default" }
      }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "schedule" {
  count = local.scheduled

  name = "invoke-the-probe"
  role = aws_iam_role.schedule[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "InvokeTheProbe"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = local.function_arn
    }]
  })
}
