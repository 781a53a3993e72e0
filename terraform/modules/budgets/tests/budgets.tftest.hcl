mock_provider "aws" {}

variables {
  name      = "desk"
  month_usd = 6000
  mail      = "sre@example.com"
}

run "people_hear_of_80_90_and_100_percent_and_of_a_forecast_above" {
  assert {
    condition     = toset([for one in aws_budgets_budget.month.notification : one.threshold if one.notification_type == "ACTUAL"]) == toset([80, 90, 100])
    error_message = "nobody hears of 80, 90 and 100 % of the month's money"
  }
  assert {
    condition     = [for one in aws_budgets_budget.month.notification : one.threshold if one.notification_type == "FORECASTED"] == [100]
    error_message = "nobody hears of it before it is spent"
  }
  assert {
    condition     = alltrue([for one in aws_budgets_budget.month.notification : one.threshold_type == "PERCENTAGE" && one.comparison_operator == "GREATER_THAN" && one.subscriber_email_addresses == toset([var.mail])])
    error_message = "a warning goes to nobody, or is of dollars"
  }
}

run "it_is_a_months_money_in_dollars" {
  assert {
    condition     = aws_budgets_budget.month.budget_type == "COST" && aws_budgets_budget.month.time_unit == "MONTHLY" && aws_budgets_budget.month.limit_unit == "USD" && aws_budgets_budget.month.limit_amount == "6000"
    error_message = "it counts something else"
  }
}
