# The addresses of the module before it had `create`.

moved {
  from = aws_lambda_function.probe
  to   = aws_lambda_function.probe[0]
}

moved {
  from = aws_lambda_function_event_invoke_config.probe
  to   = aws_lambda_function_event_invoke_config.probe[0]
}
