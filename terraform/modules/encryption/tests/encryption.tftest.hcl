mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:000000000000:key/mrk-1", id = "mrk-1", key_id = "mrk-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}
mock_provider "aws" {
  alias = "second"
}

variables {
  name    = "desk"
  account = "000000000000"
  region  = "us-east-1"
}

run "the_key_is_changed_yearly_and_not_lost_in_a_moment" {
  assert {
    condition     = aws_kms_key.main.enable_key_rotation && aws_kms_key.main.deletion_window_in_days == 30
    error_message = "the key stays the same for ever, or is gone at once when somebody deletes it"
  }
}

run "the_second_region_opens_what_was_copied" {
  assert {
    condition     = aws_kms_key.main.multi_region && aws_kms_replica_key.second.primary_key_arn == aws_kms_key.main.arn && output.second_key_arn == aws_kms_replica_key.second.arn
    error_message = "the copies cannot be opened where they are"
  }
}

run "beside_the_account_only_its_logs_may_use_it" {
  assert {
    condition     = [for one in data.aws_iam_policy_document.key.statement : one(one.principals).identifiers] == [toset(["arn:aws:iam::000000000000:root"]), toset(["logs.us-east-1.amazonaws.com"])]
    error_message = "somebody else may use the key"
  }
}
