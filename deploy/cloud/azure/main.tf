# Alerts of Azure Cache for Redis, told to hitwatch: an action group calls a function, which posts them
# to POST /api/v2/alerts. The daemon then groups, silences and tells them like its own. It needs
# web.admin_api and a user in web.config_file: docs/deployment.md.
terraform {
  required_version = ">= 1.5"
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.30" } # knows Node.js 22 on Windows
    archive = { source = "hashicorp/archive", version = "~> 2.4" }
    random  = { source = "hashicorp/random", version = "~> 3.6" }
  }
}

provider "azurerm" {
  features {}
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

variable "resource_group_name" {
  type = string
}

variable "location" {
  type = string
}

variable "redis_cache_id" {
  description = "Id of the azurerm_redis_cache to watch"
  type        = string
}

locals {
  # What Azure knows and a client of Redis does not see, or not from outside.
  alerts = {
    ServerLoadHigh  = { metric = "serverLoad", aggregation = "Average", above = 90, severity = 2 }
    MemoryAlmostOut = { metric = "usedmemorypercentage", aggregation = "Average", above = 95, severity = 1 }
    CacheErrors     = { metric = "errors", aggregation = "Maximum", above = 0, severity = 2 }
  }
  # Place in the archive: place here.
  sources = {
    "alerts.mjs"          = "../alerts.mjs"
    "post.mjs"            = "../post.mjs"
    "host.json"           = "host.json"
    "azure/index.mjs"     = "index.mjs"
    "azure/function.json" = "function.json"
  }
}

resource "random_string" "suffix" {
  length  = 8
  upper   = false
  special = false
}

data "archive_file" "function" {
  type        = "zip"
  output_path = "${path.module}/hitwatch-alerts.zip"
  dynamic "source" {
    for_each = local.sources
    content {
      filename = source.key
      content  = file("${path.module}/${source.value}")
    }
  }
}

resource "azurerm_storage_account" "function" {
  name                     = "hitwatch${random_string.suffix.result}"
  resource_group_name      = var.resource_group_name
  location                 = var.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
  min_tls_version          = "TLS1_2"
}

# Consumption on Windows, which runs a package that was deployed as a ZIP file. The same plan on Linux does
# not (WEBSITE_RUN_FROM_PACKAGE = "1" leaves it without code: Azure/azure-functions-host#7547).
resource "azurerm_service_plan" "function" {
  name                = "hitwatch-alerts"
  resource_group_name = var.resource_group_name
  location            = var.location
  os_type             = "Windows"
  sku_name            = "Y1"
}

resource "azurerm_windows_function_app" "alerts" {
  name                       = "hitwatch-alerts-${random_string.suffix.result}"
  resource_group_name        = var.resource_group_name
  location                   = var.location
  service_plan_id            = azurerm_service_plan.function.id
  storage_account_name       = azurerm_storage_account.function.name
  storage_account_access_key = azurerm_storage_account.function.primary_access_key
  https_only                 = true
  zip_deploy_file            = data.archive_file.function.output_path

  app_settings = {
    WEBSITE_RUN_FROM_PACKAGE = "1"
    HITWATCH_URL             = var.hitwatch_url
    HITWATCH_USER            = var.hitwatch_user
    HITWATCH_PASSWORD        = var.hitwatch_password
  }

  site_config {
    minimum_tls_version = "1.2"
    application_stack {
      node_version = "~22"
    }
  }
}

data "azurerm_function_app_host_keys" "alerts" {
  name                = azurerm_windows_function_app.alerts.name
  resource_group_name = var.resource_group_name
}

resource "azurerm_monitor_action_group" "hitwatch" {
  name                = "hitwatch"
  resource_group_name = var.resource_group_name
  short_name          = "hitwatch"

  azure_function_receiver {
    name                     = "hitwatch"
    function_app_resource_id = azurerm_windows_function_app.alerts.id
    function_name            = "azure"
    http_trigger_url         = "https://${azurerm_windows_function_app.alerts.default_hostname}/api/azure?code=${data.azurerm_function_app_host_keys.alerts.default_function_key}"
    use_common_alert_schema  = true
  }
}

resource "azurerm_monitor_metric_alert" "cache" {
  for_each            = local.alerts
  name                = each.key
  resource_group_name = var.resource_group_name
  scopes              = [var.redis_cache_id]
  description         = "${each.value.metric} is above ${each.value.above}"
  severity            = each.value.severity
  frequency           = "PT1M"
  window_size         = "PT5M"
  auto_mitigate       = true

  criteria {
    metric_namespace = "Microsoft.Cache/redis"
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = "GreaterThan"
    threshold        = each.value.above
  }

  action {
    action_group_id = azurerm_monitor_action_group.hitwatch.id
  }
}
