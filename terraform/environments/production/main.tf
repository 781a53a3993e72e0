# The environment production. Secrets come as TF_VAR_cache_token and TF_VAR_broker_password; docs/operations.md, Install.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
  backend "s3" {
    bucket       = "deskfleet-production-terraform"
    key          = "desk.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { product = "deskfleet", environment = "production" }
  }
}

provider "aws" {
  alias  = "second"
  region = var.second_region
  default_tags {
    tags = { product = "deskfleet", environment = "production" }
  }
}

# When a region is lost, the other one becomes the first, under another name (docs/operations.md).
variable "name" {
  type    = string
  default = "deskfleet-production"
}
variable "region" {
  type    = string
  default = "us-east-1"
}
variable "second_region" {
  type    = string
  default = "eu-west-1"
}
variable "account" {
  type    = string
  default = "222222222222"
}
variable "cache_token" {
  type      = string
  sensitive = true
}
variable "broker_password" {
  type      = string
  sensitive = true
}
variable "zone_id" {
  type        = string
  description = "The zone of the public name."
}
variable "first_entry" {
  type        = object({ name = string, zone_id = string })
  description = "The load balancer that the cluster made in the first region; empty until there is one."
  default     = { name = "", zone_id = "" }
}
variable "second_entry" {
  type    = object({ name = string, zone_id = string })
  default = { name = "", zone_id = "" }
}

module "desk" {
  source          = "../../modules/desk"
  providers       = { aws = aws, aws.second = aws.second }
  name            = var.name
  account         = var.account
  region          = var.region
  second_region   = var.second_region
  lasting         = true
  cidr            = "10.0.0.0/16"
  zones           = [for letter in ["a", "b", "c"] : "${var.region}${letter}"]
  steady          = { types = ["m7g.xlarge"], min = 3, max = 8 }
  spot            = { types = ["m7g.xlarge", "m6g.xlarge", "m7gd.xlarge"], min = 2, max = 12 }
  database_size   = "db.m7g.xlarge"
  database_gb     = 200
  cache_size      = "cache.m7g.large"
  cache_token     = var.cache_token
  broker_size     = "mq.m5.large"
  broker_password = var.broker_password
  host            = "support.example.com"
  month_usd       = 6000
  mail            = "sre@example.com"
  zone_id         = var.zone_id
  first_entry     = var.first_entry
  second_entry    = var.second_entry
}

output "desk" { value = module.desk }
