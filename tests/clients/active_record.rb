# Does one thing with Rails' ActiveRecord, for pinning.py, which gives it the login as JSON.

require "active_record"
require "json"

login = JSON.parse(ARGV[0])
adapter = login["adapter"]
verified = {
  "postgresql" => { sslmode: "verify-full", sslrootcert: login["ca_file"] },
  "mysql2" => { sslca: login["ca_file"], sslverify: true },
}
ActiveRecord::Base.establish_connection(
  adapter: adapter, host: login["host"], port: login["port"], username: login["user"],
  password: login["token"], database: login["database"],
  **verified[adapter], **login["settings"].transform_keys(&:to_sym),
)

if login["sets_nothing"]
  # As in https://github.com/getlago/lago-api/pull/5979.
  require "active_record/connection_adapters/#{adapter}_adapter"
  classes = { "postgresql" => "PostgreSQLAdapter", "mysql2" => "AbstractMysqlAdapter" }
  ActiveRecord::ConnectionAdapters.const_get(classes[adapter]).class_eval do
    def configure_connection; end
  end
end

class CreateThings < ActiveRecord::Migration[6.1]
  def change
    create_table(:things)
  end
end

if login["does"] == "migrate"
  ActiveRecord::Migration.verbose = false
  migrator = ActiveRecord::Migrator.new(:up, [CreateThings.new("things", 1)], ActiveRecord::SchemaMigration)
  migrator.migrate
else
  ActiveRecord::Base.transaction(isolation: login["isolation"]&.to_sym) do
    ActiveRecord::SchemaMigration.create_table
    ActiveRecord::SchemaMigration.find_by(version: "1")
  end
end
puts "{}"
