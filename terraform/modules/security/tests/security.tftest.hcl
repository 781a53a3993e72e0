mock_provider "aws" {
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/desk/1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-desk" }
  }
}

variables {
  name                      = "desk"
  requests_per_five_minutes = 5000
  key_arn                   = "arn:aws:kms:us-east-1:000000000000:key/1"
}

run "a_flood_of_one_address_is_blocked" {
  assert {
    condition     = [for one in aws_wafv2_web_acl.main.rule : one.statement[0].rate_based_statement[0].limit if one.name == "flood" && length(flatten([for done in one.action : done.block])) == 1] == [5000]
    error_message = "a flood passes"
  }
  assert {
    condition     = [for one in aws_wafv2_web_acl.main.rule : one.statement[0].rate_based_statement[0].aggregate_key_type if one.name == "flood"] == ["IP"]
    error_message = "one address's flood shuts everybody out"
  }
}

run "known_attacks_are_blocked_and_words_of_customers_are_not" {
  assert {
    condition     = toset([for one in aws_wafv2_web_acl.main.rule : one.name if length(flatten([for done in one.override_action : done.none])) == 1]) == toset(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet"])
    error_message = "a known attack is only counted, or another rule blocks"
  }
  assert {
    condition     = [for one in aws_wafv2_web_acl.main.rule : length(flatten([for done in one.override_action : done.count])) if one.name == "AWSManagedRulesCommonRuleSet"] == [1]
    error_message = "a customer who writes about SQL is shut out"
  }
  assert {
    condition     = length(distinct([for one in aws_wafv2_web_acl.main.rule : one.priority])) == length(aws_wafv2_web_acl.main.rule)
    error_message = "two rules have one priority: AWS refuses them"
  }
}

run "what_it_saw_is_sealed_and_without_tokens" {
  assert {
    condition     = aws_cloudwatch_log_group.firewall.kms_key_id == var.key_arn && startswith(aws_cloudwatch_log_group.firewall.name, "aws-waf-logs-")
    error_message = "the log is not sealed by the desk's key, or AWS refuses its name"
  }
  assert {
    condition     = toset([for one in aws_wafv2_web_acl_logging_configuration.main.redacted_fields : one.single_header[0].name]) == toset(["authorization", "cookie", "x-api-key"])
    error_message = "a token or a cookie is written down"
  }
}

run "the_account_is_watched" {
  assert {
    condition     = aws_guardduty_detector.main.enable && aws_guardduty_detector.main.finding_publishing_frequency == "FIFTEEN_MINUTES"
    error_message = "nobody watches, or is told hours later"
  }
  assert {
    condition     = { for name, one in aws_guardduty_detector_feature.more : name => one.status } == { EKS_AUDIT_LOGS = "ENABLED", RDS_LOGIN_EVENTS = "ENABLED", S3_DATA_EVENTS = "ENABLED" }
    error_message = "files, the cluster or logins of the database are not watched"
  }
  assert {
    condition     = aws_accessanalyzer_analyzer.main.type == "ACCOUNT" && aws_securityhub_standards_subscription.foundational.standards_arn != ""
    error_message = "nobody says what is open to others"
  }
}
