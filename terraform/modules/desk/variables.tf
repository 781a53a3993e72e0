variable "name" {
  type        = string
  description = "Of everything that is made: deskfleet-staging, deskfleet-production."
}
variable "account" { type = string }
variable "region" { type = string }
variable "second_region" { type = string }
variable "lasting" {
  type        = bool
  description = "Two zones, replicas, a copy in the second region and failover; false for what may be lost for hours."
}
variable "cidr" { type = string }
variable "zones" { type = list(string) }
variable "steady" { type = object({ types = list(string), min = number, max = number }) }
variable "spot" { type = object({ types = list(string), min = number, max = number }) }
variable "administrators" {
  type        = list(string)
  description = "Networks that may reach the cluster's API; empty: from inside alone."
  default     = []
}
variable "database_size" { type = string }
variable "database_gb" { type = number }
variable "second_subnet_group" {
  type        = string
  description = "Subnet group of the copy in the second region; empty: its default one."
  default     = ""
}
variable "cache_size" { type = string }
variable "cache_token" {
  type      = string
  sensitive = true
}
variable "broker_size" { type = string }
variable "broker_password" {
  type      = string
  sensitive = true
}
variable "rotation_function_arn" {
  type    = string
  default = ""
}
variable "zone_id" {
  type    = string
  default = ""
}
variable "host" { type = string }
variable "first_entry" {
  type        = object({ name = string, zone_id = string })
  description = "The load balancer that the cluster made in the first region."
  default     = { name = "", zone_id = "" }
}
variable "second_entry" {
  type    = object({ name = string, zone_id = string })
  default = { name = "", zone_id = "" }
}
variable "month_usd" { type = number }
variable "mail" { type = string }
