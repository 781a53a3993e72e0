# What the desk reads as settings. Terraform makes the places and never sees the values; the copies follow by themselves.
variable "name" { type = string }
variable "key_arn" { type = string }
variable "second_region" { type = string }
variable "second_key_arn" { type = string }
variable "rotation_function_arn" {
  type        = string
  description = "Lambda that gives the desk's own database role a new password; empty: by hand (docs/operations.md)."
}

resource "aws_secretsmanager_secret" "main" {
  for_each                = toset(["connections", "application"])
  name                    = "${var.name}/${each.key}"
  kms_key_id              = var.key_arn
  recovery_window_in_days = 30
  replica {
    region     = var.second_region
    kms_key_id = var.second_key_arn
  }
}

resource "aws_secretsmanager_secret_rotation" "connections" {
  count               = var.rotation_function_arn == "" ? 0 : 1
  secret_id           = aws_secretsmanager_secret.main["connections"].id
  rotation_lambda_arn = var.rotation_function_arn
  rotation_rules {
    automatically_after_days = 30
  }
}

output "names" { value = [for one in aws_secretsmanager_secret.main : one.name] }
