# The name turns to the second region when the first one does not answer.
mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:000000000000:certificate/1"
      domain_validation_options = [{
        domain_name           = "support.example.com"
        resource_record_name  = "_1.support.example.com"
        resource_record_type  = "CNAME"
        resource_record_value = "_2.acm.example.com"
      }]
    }
  }
}
mock_provider "aws" {
  alias = "second"
}

variables {
  zone_id = "Z0000000000000"
  host    = "support.example.com"
  first   = { name = "first.example.com", zone_id = "Z1" }
  second  = { name = "second.example.com", zone_id = "Z2" }
}

run "the_name_turns_to_the_second_region_when_the_first_is_red" {
  assert {
    condition     = aws_route53_record.first[0].failover_routing_policy[0].type == "PRIMARY" && aws_route53_record.second[0].failover_routing_policy[0].type == "SECONDARY"
    error_message = "the name does not turn, or turns the wrong way"
  }
  assert {
    condition     = aws_route53_record.first[0].health_check_id == aws_route53_health_check.first[0].id
    error_message = "nobody asks whether the first region is well"
  }
  assert {
    condition     = aws_route53_record.first[0].alias[0].name == "first.example.com" && aws_route53_record.second[0].alias[0].name == "second.example.com"
    error_message = "a record leads to the other region"
  }
  assert {
    condition     = aws_route53_record.first[0].name == var.host && aws_route53_record.second[0].name == var.host && aws_route53_record.first[0].set_identifier != aws_route53_record.second[0].set_identifier
    error_message = "the records are not two of one name"
  }
}

run "the_first_region_is_asked_as_a_customer_asks_and_judged_within_half_a_minute" {
  assert {
    condition     = aws_route53_health_check.first[0].type == "HTTPS" && aws_route53_health_check.first[0].resource_path == "/help" && aws_route53_health_check.first[0].fqdn == var.first.name
    error_message = "something else than the desk is asked"
  }
  assert {
    condition     = aws_route53_health_check.first[0].request_interval * aws_route53_health_check.first[0].failure_threshold <= 30
    error_message = "customers meet a dead region for longer than half a minute before the name turns"
  }
}

run "both_regions_have_a_certificate_that_renews_itself" {
  assert {
    condition     = aws_acm_certificate.first.domain_name == var.host && aws_acm_certificate.second.domain_name == var.host && aws_acm_certificate.first.validation_method == "DNS" && aws_acm_certificate.second.validation_method == "DNS"
    error_message = "the second region cannot show who it is, or somebody must renew by hand"
  }
  assert {
    condition     = aws_route53_record.validation.name == "_1.support.example.com" && aws_route53_record.validation.records == toset(["_2.acm.example.com"])
    error_message = "the certificate is never validated"
  }
}

run "before_there_is_a_load_balancer_there_is_its_certificate_and_no_record" {
  variables {
    first  = { name = "", zone_id = "" }
    second = { name = "", zone_id = "" }
  }
  assert {
    condition     = length(aws_route53_record.first) + length(aws_route53_record.second) + length(aws_route53_health_check.first) == 0
    error_message = "the name leads to nothing"
  }
  assert {
    condition     = aws_acm_certificate.first.domain_name == var.host && aws_route53_record.validation.zone_id == var.zone_id
    error_message = "a load balancer cannot be made without its certificate"
  }
}
