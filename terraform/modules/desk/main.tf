# One environment of the desk, of all modules. An environment is a call of this one with its sizes.
module "encryption" {
  source    = "../encryption"
  providers = { aws = aws, aws.second = aws.second }
  name      = var.name
  account   = var.account
  region    = var.region
}

module "network" {
  source      = "../network"
  name        = var.name
  cidr        = var.cidr
  zones       = var.zones
  one_gateway = !var.lasting
  key_arn     = module.encryption.key_arn
}

module "cluster" {
  source             = "../cluster"
  name               = var.name
  vpc_id             = module.network.vpc_id
  subnets            = module.network.private_subnets
  key_arn            = module.encryption.key_arn
  kubernetes_version = "1.33"
  steady             = var.steady
  spot               = var.spot
  administrators     = var.administrators
}

module "database" {
  source              = "../database"
  providers           = { aws = aws, aws.second = aws.second }
  name                = var.name
  vpc_id              = module.network.vpc_id
  subnets             = module.network.private_subnets
  clients             = module.cluster.security_group
  second_subnet_group = var.second_subnet_group
  size                = var.database_size
  storage_gb          = var.database_gb
  two_zones           = var.lasting
  keep_days           = var.lasting ? 35 : 7
  copy                = var.lasting
  key_arn             = module.encryption.key_arn
  second_key_arn      = module.encryption.second_key_arn
}

module "cache" {
  source   = "../cache"
  name     = var.name
  vpc_id   = module.network.vpc_id
  subnets  = module.network.private_subnets
  clients  = module.cluster.security_group
  size     = var.cache_size
  replicas = var.lasting ? 1 : 0
  token    = var.cache_token
  key_arn  = module.encryption.key_arn
}

module "broker" {
  source    = "../broker"
  name      = var.name
  vpc_id    = module.network.vpc_id
  subnets   = module.network.private_subnets
  clients   = module.cluster.security_group
  size      = var.broker_size
  clustered = var.lasting
  password  = var.broker_password
  key_arn   = module.encryption.key_arn
}

module "storage" {
  source         = "../storage"
  providers      = { aws = aws, aws.second = aws.second }
  name           = var.name
  key_arn        = module.encryption.key_arn
  second_key_arn = module.encryption.second_key_arn
  issuer         = module.cluster.issuer
  identity_arn   = module.cluster.identity_arn
}

module "registry" {
  source         = "../registry"
  providers      = { aws = aws, aws.second = aws.second }
  name           = "deskfleet"
  account        = var.account
  second_region  = var.second_region
  key_arn        = module.encryption.key_arn
  second_key_arn = module.encryption.second_key_arn
}

module "secrets" {
  source                = "../secrets"
  name                  = var.name
  key_arn               = module.encryption.key_arn
  second_region         = var.second_region
  second_key_arn        = module.encryption.second_key_arn
  rotation_function_arn = var.rotation_function_arn
}

module "dns" {
  source    = "../dns"
  providers = { aws = aws, aws.second = aws.second }
  count     = var.lasting ? 1 : 0
  zone_id   = var.zone_id
  host      = var.host
  first     = var.first_entry
  second    = var.second_entry
}

module "security" {
  source                    = "../security"
  name                      = var.name
  requests_per_five_minutes = 5000
  key_arn                   = module.encryption.key_arn
}

module "budgets" {
  source    = "../budgets"
  name      = var.name
  month_usd = var.month_usd
  mail      = var.mail
}

output "cluster" { value = module.cluster.name }
output "database" { value = module.database.endpoint }
output "cache" { value = module.cache.endpoint }
output "broker" { value = module.broker.endpoint }
output "registry" { value = module.registry.url }
output "buckets" { value = module.storage.buckets }
output "firewall" { value = module.security.firewall_arn }
