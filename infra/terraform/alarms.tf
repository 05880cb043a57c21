# What somebody should hear of. The metrics are those of docs/reference.md.

locals {
  dimensions    = { FunctionName = aws_lambda_function.probe.function_name }
  alarm_actions = var.alarm_topic_arn != "" ? [var.alarm_topic_arn] : []
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "${var.name}-unhealthy"
  alarm_description   = "The database does not answer through the proxy; diagnosisCode in the log says why."
  namespace           = "RdsProxyProbe"
  metric_name         = "Healthy"
  dimensions          = local.dimensions
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  # Between two probes nothing is known anew: the state stays.
  treat_missing_data = "ignore"
  alarm_actions      = local.alarm_actions
  ok_actions         = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "not_running" {
  count = local.scheduled

  alarm_name          = "${var.name}-not-running"
  alarm_description   = "No probe in half an hour: the schedule, its role or the function's concurrency."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = 900
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# A function error is a crash or a time-out, or, with fail_invocation, an unhealthy probe.
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The function ended in an error."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_log_metric_filter" "certificate" {
  name           = "${var.name}-certificate"
  log_group_name = aws_cloudwatch_log_group.probe.name
  pattern        = "{ $.diagnosisCode = \"certificate_expiring\" }"

  metric_transformation {
    namespace = "RdsProxyProbe"
    name      = "${var.name}-CertificateExpiring"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "certificate" {
  alarm_name          = "${var.name}-certificate"
  alarm_description   = "The proxy's certificate ends within 14 days."
  namespace           = aws_cloudwatch_log_metric_filter.certificate.metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.certificate.metric_transformation[0].name
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = "${var.name}-latency"
  alarm_description   = "Probes take longer than is usual at this time of the week."
  evaluation_periods  = 3
  comparison_operator = "GreaterThanUpperThreshold"
  threshold_metric_id = "usual"
  treat_missing_data  = "ignore"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions

  metric_query {
    id          = "latency"
    return_data = true

    metric {
      namespace   = "RdsProxyProbe"
      metric_name = "ProbeLatency"
      dimensions  = local.dimensions
      stat        = "p90"
      period      = 300
    }
  }

  metric_query {
    id          = "usual"
    expression  = "ANOMALY_DETECTION_BAND(latency, 3)"
    return_data = true
  }
}
