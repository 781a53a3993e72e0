# The environment staging. Secrets come as TF_VAR_cache_token and TF_VAR_broker_password; docs/operations.md, Install.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
  backend "s3" {
    bucket       = "deskfleet-staging-terraform"
    key          = "desk.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { product = "deskfleet", environment = "staging" }
  }
}

provider "aws" {
  alias  = "second"
  region = "eu-west-1"
  default_tags {
    tags = { product = "deskfleet", environment = "staging" }
  }
}

variable "account" {
  type    = string
  default = "111111111111"
}
variable "cache_token" {
  type      = string
  sensitive = true
}
variable "broker_password" {
  type      = string
  sensitive = true
}

module "desk" {
  source          = "../../modules/desk"
  providers       = { aws = aws, aws.second = aws.second }
  name            = "deskfleet-staging"
  account         = var.account
  region          = "us-east-1"
  second_region   = "eu-west-1"
  lasting         = false
  cidr            = "10.1.0.0/16"
  zones           = ["us-east-1a", "us-east-1b", "us-east-1c"]
  steady          = { types = ["m7g.large"], min = 2, max = 4 }
  spot            = { types = ["m7g.large", "m6g.large"], min = 1, max = 4 }
  database_size   = "db.t4g.medium"
  database_gb     = 50
  cache_size      = "cache.t4g.micro"
  cache_token     = var.cache_token
  broker_size     = "mq.m5.large"
  broker_password = var.broker_password
  host            = "support.staging.example.com"
  month_usd       = 1500
  mail            = "sre@example.com"

}

output "desk" { value = module.desk }
