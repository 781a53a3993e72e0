# The public name: the first region while its health check is green, else the second one.
variable "zone_id" { type = string }
variable "host" { type = string }
variable "first" {
  type        = object({ name = string, zone_id = string })
  description = "A load balancer; without a name: not made yet. It cannot be made before it has the certificate below."
}
variable "second" { type = object({ name = string, zone_id = string }) }

resource "aws_route53_health_check" "first" {
  count             = var.first.name == "" ? 0 : 1
  fqdn              = var.first.name
  type              = "HTTPS"
  port              = 443
  resource_path     = "/help"
  enable_sni        = true
  request_interval  = 10
  failure_threshold = 3
}

resource "aws_route53_record" "first" {
  count           = var.first.name == "" ? 0 : 1
  zone_id         = var.zone_id
  name            = var.host
  type            = "A"
  set_identifier  = "first"
  health_check_id = aws_route53_health_check.first[0].id
  failover_routing_policy {
    type = "PRIMARY"
  }
  alias {
    name                   = var.first.name
    zone_id                = var.first.zone_id
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "second" {
  count          = var.second.name == "" ? 0 : 1
  zone_id        = var.zone_id
  name           = var.host
  type           = "A"
  set_identifier = "second"
  failover_routing_policy {
    type = "SECONDARY"
  }
  alias {
    name                   = var.second.name
    zone_id                = var.second.zone_id
    evaluate_target_health = true
  }
}

# One for each region, because a load balancer takes only those of its own.
resource "aws_acm_certificate" "first" {
  domain_name       = var.host
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate" "second" {
  provider          = aws.second
  domain_name       = var.host
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  zone_id         = var.zone_id
  name            = one(aws_acm_certificate.first.domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.first.domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.first.domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

output "certificate_arn" { value = aws_acm_certificate.first.arn }
