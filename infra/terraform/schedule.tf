# Probes at the times of schedule_expression; without one, there is nothing here.

locals {
  scheduled = var.schedule_expression != "" ? 1 : 0
}

resource "aws_scheduler_schedule" "probe" {
  count = local.scheduled

  name                = var.name
  description         = "Probes the database"
  schedule_expression = var.schedule_expression

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.probe.arn
    role_arn = aws_iam_role.schedule[0].arn
    input    = "{}"

    # The next probe comes soon: one that could not be started is not worth repeating.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

resource "aws_iam_role" "schedule" {
  count = local.scheduled

  name        = "${var.name}-schedule"
  description = "Lets the schedule invoke the probe"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # Not on behalf of another account's schedule:
      # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  count = local.scheduled

  name = "invoke"
  role = aws_iam_role.schedule[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = aws_lambda_function.probe.arn
    }]
  })
}
