output "invoke_commands" {
  description = "Test the writer and the reader now and print the reports."
  value       = { for name, probe in module.probe : name => probe.invoke_command }
}

output "proxy_endpoint" {
  description = "Host name of the proxy, for reading and writing."
  value       = module.proxy.endpoint
}

output "proxy_id" {
  description = "Id of the proxy, for the policies of its clients."
  value       = module.proxy.id
}

output "database_endpoint" {
  description = "Host name of the database itself, where the first users are created."
  value       = module.database.endpoint
}

output "master_secret_arn" {
  description = "Secret with the master user's password."
  value       = module.database.master_secret_arn
}

output "tunnel_command" {
  description = "Forwards a local port through the bastion."
  value       = module.bastion.tunnel_command
}
