# What moto can make and take away, by the modules as they are. It does not know to the end: replicas of Redis, budgets'
# subscribers, add-ons of a cluster, secrets that a database makes itself, the account's watchers.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

locals {
  name    = "desk"
  account = "123456789012"
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}

provider "aws" {
  alias                       = "second"
  region                      = "eu-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}

resource "aws_route53_zone" "main" {
  name = "example.com"
}

# Instead of the module encryption: moto takes the first of two keys for the second once it is copied.
resource "aws_kms_key" "first" {}

resource "aws_kms_key" "second" {
  provider = aws.second
}

module "network" {
  source      = "../../modules/network"
  name        = local.name
  cidr        = "10.0.0.0/16"
  zones       = ["us-east-1a", "us-east-1b"]
  one_gateway = true
  key_arn     = aws_kms_key.first.arn
}

module "storage" {
  source         = "../../modules/storage"
  providers      = { aws = aws, aws.second = aws.second }
  name           = local.name
  key_arn        = aws_kms_key.first.arn
  second_key_arn = aws_kms_key.second.arn
  issuer         = "oidc.example.com/id/1"
  identity_arn   = "arn:aws:iam::${local.account}:oidc-provider/oidc.example.com"
}

module "registry" {
  source         = "../../modules/registry"
  providers      = { aws = aws, aws.second = aws.second }
  name           = local.name
  account        = local.account
  second_region  = "eu-west-1"
  key_arn        = aws_kms_key.first.arn
  second_key_arn = aws_kms_key.second.arn
}

module "secrets" {
  source                = "../../modules/secrets"
  name                  = local.name
  key_arn               = aws_kms_key.first.arn
  second_region         = "eu-west-1"
  second_key_arn        = aws_kms_key.second.arn
  rotation_function_arn = ""
}

module "dns" {
  source    = "../../modules/dns"
  providers = { aws = aws, aws.second = aws.second }
  zone_id   = aws_route53_zone.main.zone_id
  host      = "support.example.com"
  first     = { name = "first.us-east-1.elb.amazonaws.com", zone_id = "Z35SXDOTRQ7X7K" }
  second    = { name = "second.eu-west-1.elb.amazonaws.com", zone_id = "Z32O12XQLNTSW2" }
}

resource "aws_security_group" "clients" {
  name        = "clients"
  description = "Stands for the machines of the cluster"
  vpc_id      = module.network.vpc_id
}

module "broker" {
  source    = "../../modules/broker"
  name      = local.name
  vpc_id    = module.network.vpc_id
  subnets   = module.network.private_subnets
  clients   = aws_security_group.clients.id
  size      = "mq.m5.large"
  clustered = false
  password  = "0123456789abcdef"
  key_arn   = aws_kms_key.first.arn
}
