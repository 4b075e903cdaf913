# Alarms of ElastiCache, told to hitwatch: CloudWatch calls a Lambda function, which posts them to
# POST /api/v2/alerts. The daemon then groups, silences and tells them like its own. It needs
# web.admin_api and a user in web.config_file: docs/deployment.md.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws     = { source = "hashicorp/aws", version = ">= 5.0, < 7.0" }
    archive = { source = "hashicorp/archive", version = "~> 2.4" }
  }
}

variable "hitwatch_url" {
  description = "Where the daemon serves HTTP, as seen from the function"
  type        = string
  validation {
    condition     = startswith(var.hitwatch_url, "https://")
    error_message = "The password would cross the network in the clear."
  }
}

variable "hitwatch_user" {
  type = string
}

variable "hitwatch_password" {
  type      = string
  sensitive = true
}

variable "cache_cluster_ids" {
  description = "Nodes to watch, such as catalog-001"
  type        = set(string)
}

variable "subnet_ids" {
  description = "Where the function runs; the daemon must be reachable from there. None: outside of any VPC"
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  type    = list(string)
  default = []
}

locals {
  # What CloudWatch knows and a client of Redis does not see, or not from outside.
  alarms = {
    EngineCpuHigh   = { metric = "EngineCPUUtilization", statistic = "Average", above = 90, periods = 5 }
    SwapUsed        = { metric = "SwapUsage", statistic = "Maximum", above = 52428800, periods = 5 }
    NetworkOverrun  = { metric = "NetworkBandwidthOutAllowanceExceeded", statistic = "Sum", above = 0, periods = 3 }
    MemoryAlmostOut = { metric = "DatabaseMemoryUsagePercentage", statistic = "Average", above = 95, periods = 5 }
  }
  watched = {
    for pair in setproduct(keys(local.alarms), var.cache_cluster_ids) :
    "${pair[0]}-${pair[1]}" => merge(local.alarms[pair[0]], { name = pair[0], cluster = pair[1] })
  }
  sources = ["alerts.mjs", "post.mjs", "aws/handler.mjs"]
}

data "aws_caller_identity" "current" {}

data "archive_file" "function" {
  type        = "zip"
  output_path = "${path.module}/hitwatch-alerts.zip"
  dynamic "source" {
    for_each = local.sources
    content {
      filename = source.value
      content  = file("${path.module}/../${source.value}")
    }
  }
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name_prefix        = "hitwatch-alerts-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

resource "aws_lambda_function" "alerts" {
  function_name    = "hitwatch-alerts"
  role             = aws_iam_role.function.arn
  runtime          = "nodejs22.x"
  handler          = "aws/handler.handler"
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  timeout          = 15

  environment {
    variables = {
      HITWATCH_URL      = var.hitwatch_url
      HITWATCH_USER     = var.hitwatch_user
      HITWATCH_PASSWORD = var.hitwatch_password
    }
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) > 0 ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }
}

resource "aws_lambda_permission" "alarms" {
  statement_id   = "CloudWatchAlarms"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.alerts.function_name
  principal      = "lambda.alarms.cloudwatch.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_cloudwatch_metric_alarm" "cache" {
  for_each            = local.watched
  # Different for each node, as CloudWatch asks for; of it the function makes the alert's name and instance.
  alarm_name          = "${each.value.name}-${each.value.cluster}"
  alarm_description   = "${each.value.cluster}: ${each.value.metric} is above ${each.value.above}"
  namespace           = "AWS/ElastiCache"
  metric_name         = each.value.metric
  dimensions          = { CacheClusterId = each.value.cluster }
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  period              = 60
  evaluation_periods  = each.value.periods
  treat_missing_data  = "missing"
  alarm_actions       = [aws_lambda_function.alerts.arn]
  ok_actions          = [aws_lambda_function.alerts.arn]
}
