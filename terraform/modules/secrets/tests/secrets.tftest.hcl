mock_provider "aws" {}

variables {
  name                  = "desk"
  key_arn               = "arn:aws:kms:us-east-1:000000000000:key/1"
  second_region         = "eu-west-1"
  second_key_arn        = "arn:aws:kms:eu-west-1:000000000000:key/2"
  rotation_function_arn = ""
}

run "both_secrets_are_in_both_regions" {
  assert {
    condition     = toset(output.names) == toset(["desk/connections", "desk/application"])
    error_message = "a secret that the manifests read is missing"
  }
  assert {
    condition     = alltrue([for one in aws_secretsmanager_secret.main : contains([for copy in one.replica : copy.region], "eu-west-1")])
    error_message = "a secret is in one region alone"
  }
}

run "without_a_function_nothing_is_rotated" {
  assert {
    condition     = length(aws_secretsmanager_secret_rotation.connections) == 0
    error_message = "AWS would call a function that is not there"
  }
}

run "with_one_the_connections_are_rotated_monthly" {
  variables {
    rotation_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:rotate"
  }
  assert {
    condition     = aws_secretsmanager_secret_rotation.connections[0].rotation_rules[0].automatically_after_days == 30
    error_message = "the connections keep their password"
  }
}
