mock_provider "aws" {}
mock_provider "aws" {
  alias = "second"
}

variables {
  name           = "deskfleet"
  account        = "000000000000"
  second_region  = "eu-west-1"
  key_arn        = "arn:aws:kms:us-east-1:000000000000:key/1"
  second_key_arn = "arn:aws:kms:eu-west-1:000000000000:key/2"
}

run "a_tag_is_given_once_and_each_image_is_scanned" {
  assert {
    condition     = alltrue([for one in [aws_ecr_repository.main, aws_ecr_repository.second] : one.image_tag_mutability == "IMMUTABLE"])
    error_message = "a tag can be given twice"
  }
  assert {
    condition     = alltrue([for one in [aws_ecr_repository.main, aws_ecr_repository.second] : one.image_scanning_configuration[0].scan_on_push])
    error_message = "images are not scanned"
  }
}

run "images_are_sealed_by_the_key_of_their_region" {
  assert {
    condition     = [for one in [aws_ecr_repository.main, aws_ecr_repository.second] : one.encryption_configuration[0].encryption_type] == ["KMS", "KMS"]
    error_message = "images are sealed by a key that is not ours"
  }
  assert {
    condition     = [for one in [aws_ecr_repository.main, aws_ecr_repository.second] : one.encryption_configuration[0].kms_key] == [var.key_arn, var.second_key_arn]
    error_message = "a repository has another region's key"
  }
}

run "the_second_region_has_them_too" {
  assert {
    condition     = aws_ecr_replication_configuration.second.replication_configuration[0].rule[0].destination[0].region == var.second_region && aws_ecr_replication_configuration.second.replication_configuration[0].rule[0].repository_filter[0].filter == aws_ecr_repository.second.name
    error_message = "images are in one region alone"
  }
}

run "a_hundred_are_kept_to_go_back_to" {
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.main.policy).rules[0].selection.countNumber == 100
    error_message = "there is nothing to go back to, or images are kept for ever"
  }
}
