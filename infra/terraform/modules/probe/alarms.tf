# What to notify about, with a schedule. The metrics are those of docs/reference.md.

locals {
  dimensions    = { FunctionName = local.function_name }
  alarm_actions = var.alarm_topic_arn != "" ? [var.alarm_topic_arn] : []
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  count = local.scheduled

  alarm_name          = "${var.name}-unhealthy"
  alarm_description   = "No probe of the period was healthy. The log has the diagnosis."
  namespace           = "RdsProxyProbe"
  metric_name         = "Healthy"
  dimensions          = local.dimensions
  statistic           = "Maximum"
  period              = var.alarm_period_s
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  # Silence is not_running's matter.
  treat_missing_data = "notBreaching"
  alarm_actions      = local.alarm_actions
  ok_actions         = local.alarm_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "not_running" {
  count = local.scheduled

  alarm_name        = "${var.name}-not-running"
  alarm_description = "No probe finished within two periods. The function crashed, is throttled or is not invoked."
  namespace         = "RdsProxyProbe"
  metric_name       = "ProbeLatency" # In every metric line; Healthy is not, when the event was refused.
  dimensions        = local.dimensions
  statistic         = "SampleCount"
  period            = var.alarm_period_s
  # Two, since a probe a little late leaves one period without any.
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions

  tags = var.tags
}

resource "aws_cloudwatch_log_metric_filter" "certificate" {
  count = local.scheduled

  name           = "${var.name}-certificate"
  log_group_name = local.log_group
  # The metric line, whose property DiagnosisCode is no metric.
  pattern = "{ $.DiagnosisCode = \"certificate_expiring\" }"

  metric_transformation {
    namespace  = "RdsProxyProbe"
    name       = "CertificateExpiring"
    value      = "1"
    unit       = "Count"
    dimensions = { FunctionName = "$.FunctionName" }
  }
}

resource "aws_cloudwatch_metric_alarm" "certificate" {
  count = local.scheduled

  alarm_name          = "${var.name}-certificate"
  alarm_description   = "The certificate of the endpoint expires within 14 days."
  namespace           = "RdsProxyProbe"
  metric_name         = "CertificateExpiring"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = var.alarm_period_s
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  # The filter counts nothing as long as all is well.
  treat_missing_data = "notBreaching"
  alarm_actions      = local.alarm_actions
  ok_actions         = local.alarm_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  count = local.scheduled

  alarm_name          = "${var.name}-latency"
  alarm_description   = "The database has answered more slowly than usual at this time, for three periods."
  evaluation_periods  = 3
  comparison_operator = "GreaterThanUpperThreshold"
  threshold_metric_id = "band"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions

  # Not ProbeLatency, which is longer whenever a kept session has been replaced.
  metric_query {
    id          = "latency"
    return_data = true

    metric {
      namespace   = "RdsProxyProbe"
      metric_name = "QueryLatency"
      dimensions  = local.dimensions
      stat        = "Average"
      period      = var.alarm_period_s
    }
  }

  metric_query {
    id          = "band"
    expression  = "ANOMALY_DETECTION_BAND(latency, 2)"
    return_data = true
  }

  tags = var.tags
}

# Lambda's own metrics: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

resource "aws_cloudwatch_metric_alarm" "errors" {
  count = local.scheduled

  alarm_name          = "${var.name}-errors"
  alarm_description   = "An invocation failed. The function crashed or timed out; or, with fail_invocation, the probe was unhealthy."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = var.alarm_period_s
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  count = local.scheduled

  alarm_name          = "${var.name}-throttles"
  alarm_description   = "Lambda throttled an invocation. The account's concurrency is used up, or the one reserved execution is busy."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = var.alarm_period_s
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  count = local.scheduled

  alarm_name          = "${var.name}-duration"
  alarm_description   = "An invocation took nearly as long as the function's timeout, which is above every probe_timeout_ms."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = local.dimensions
  statistic           = "Maximum"
  period              = var.alarm_period_s
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 14500 # milliseconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions

  tags = var.tags
}
